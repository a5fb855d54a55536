import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { constants, gzipSync } from 'node:zlib';

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** One file of the dashboard, ready to be sent. */
export interface BuiltFile {
  readonly mediaType: string;
  readonly bytes: Buffer;
  readonly gzipped: Buffer;
  readonly etag: string;
}

export interface BuiltDashboard {
  readonly index: BuiltFile;
  /** By name; each name carries a hash of what is in it. */
  readonly assets: ReadonlyMap<string, BuiltFile>;
}

/** Where `npm run build` puts it: `dist/dashboard`, beside this app's own `dist/apps/api`. */
export const BUILT_DASHBOARD = fileURLToPath(new URL('../../../dashboard', import.meta.url));

/** The few files of the dashboard in memory; undefined where none was built, as when the sources are run. */
export function readBuiltDashboard(directory: string): BuiltDashboard | undefined {
  if (!existsSync(join(directory, 'index.html'))) return undefined;
  const names = readdirSync(join(directory, 'assets'));
  const assets = names.map(
    (name) => [name, readBuiltFile(join(directory, 'assets', name))] as const,
  );
  return { index: readBuiltFile(join(directory, 'index.html')), assets: new Map(assets) };
}

function readBuiltFile(path: string): BuiltFile {
  const bytes = readFileSync(path);
  return {
    mediaType: MEDIA_TYPES[extname(path)] ?? 'application/octet-stream',
    bytes,
    gzipped: gzipSync(bytes, { level: constants.Z_BEST_COMPRESSION }),
    etag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 27)}"`,
  };
}
