import { execFile } from 'node:child_process';
import { access, cp, mkdir, readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { REPOSITORY } from '../rig/repository.js';

const run = promisify(execFile);

export interface Dockerfile {
  readonly text: string;
  /** `FROM` lines, in order. */
  readonly bases: readonly string[];
  /** Paths that the last stage takes of the build, relative to the repository. */
  readonly copies: readonly string[];
  readonly user: string | undefined;
  readonly command: readonly string[];
}

export async function readDockerfile(name: string): Promise<Dockerfile> {
  const text = await readFile(join(REPOSITORY, 'docker', `${name}.Dockerfile`), 'utf8');
  const last = text.slice(text.lastIndexOf('\nFROM '));
  const list = (pattern: RegExp): string[] => {
    const found = pattern.exec(last)?.[1];
    return found === undefined ? [] : (JSON.parse(found) as string[]);
  };
  return {
    text,
    bases: [...text.matchAll(/^FROM (\S+)/gm)].map(([, base]) => base!),
    copies: [...last.matchAll(/^COPY --from=build \S+ \/app\/(\S+) /gm)].map(([, path]) => path!),
    user: /^USER (\S+)/m.exec(last)?.[1],
    command: [...list(/^ENTRYPOINT (\[.*\])/m), ...list(/^CMD (\[.*\])/m)],
  };
}

/** Makes in `folder` what the image has in /app: production packages, and what is copied, and nothing else. */
export async function layOut({ copies }: Dockerfile, folder: string): Promise<void> {
  for (const path of copies) {
    // Made by `npm sbom` in the build; nothing reads it.
    if (path === 'sbom.cdx.json') continue;
    if (path === 'node_modules') await layOutPackages(folder);
    else {
      await access(join(REPOSITORY, path));
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await cp(join(REPOSITORY, path), join(folder, path), { recursive: true });
    }
  }
}

/** Hard links: real files at their places, so that a package finds only what production has. */
async function layOutPackages(folder: string): Promise<void> {
  const options = { cwd: REPOSITORY, maxBuffer: 2 ** 26 };
  const { stdout } = await run('npm', ['ls', '--omit=dev', '--all', '--parseable'], options);
  const paths = stdout.split('\n').map((path) => relative(REPOSITORY, path));
  // Nested ones come with the package that they are in.
  const own = paths.filter((path) => /^node_modules\/(@[^/]+\/)?[^/]+$/.test(path));
  for (const path of own) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await run('cp', ['-al', join(REPOSITORY, path), join(folder, path)]);
  }
}
