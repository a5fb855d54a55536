import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { makeTemporaryDirectory, removeDirectory, usePostgres, useRedis } from '#testing';
import { REPOSITORY } from '../rig/repository.js';
import { layOut, readDockerfile } from './dockerfile.js';

const IMAGES = ['api', 'dispatcher', 'worker-cpu', 'worker-gpu'];
/**
 * Beside the repository and not below it, where a missing package would be found after all; and on the same disk, for
 * packages are linked.
 */
const PARENT = join(REPOSITORY, '..', `.pallet-images-${process.pid}`);
const postgres = usePostgres();
const redis = useRedis();
let environment: Record<string, string>;
let objects: string;
let folder: string | undefined;
let child: ChildProcess | undefined;

beforeAll(async () => {
  objects = await makeTemporaryDirectory();
  environment = {
    PATH: process.env['PATH']!,
    NODE_ENV: 'production',
    DATABASE_URL: await postgres.createDatabase(),
    QUEUE_URL: redis.url(),
    STORAGE_URL: `file://${objects}`,
    HEALTH_PORT: '0',
    MODEL_NAME: 'tiny',
    MODEL_DIRECTORY: join(REPOSITORY, 'test/fixtures/checkpoints/tiny-paligemma'),
  };
});
afterEach(async () => {
  if (child?.exitCode === null) {
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
  if (folder) await rm(folder, { recursive: true });
  child = undefined;
  folder = undefined;
});
afterAll(async () => {
  await removeDirectory(objects);
  await rm(PARENT, { recursive: true, force: true });
});

async function unpack(image: string) {
  const dockerfile = await readDockerfile(image);
  await mkdir(PARENT, { recursive: true });
  folder = await mkdtemp(join(PARENT, 'image-'));
  await layOut(dockerfile, folder);
  return dockerfile;
}

/** Resolves with the line of the log that says so. */
async function untilLogged(process: ChildProcess, message: string): Promise<void> {
  const seen: string[] = [];
  for await (const line of createInterface({ input: process.stdout! })) {
    if (line.includes(message)) return;
    seen.push(line);
  }
  throw new Error(`it ended without "${message}": ${seen.join('\n')}`);
}

function start(command: readonly string[]): ChildProcess {
  const [program, ...args] = command;
  child = spawn(program!, args, {
    cwd: folder!,
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return child;
}

describe.each(IMAGES)('the image %s', (image) => {
  it('has pinned bases, no root, and no secret', async () => {
    const { bases, user, text } = await readDockerfile(image);
    for (const base of bases) expect(base).toMatch(/:\d+\.\d+\.\d+/);
    expect(user).toBe('10001:10001');
    expect(text).not.toMatch(/^(ARG|ENV) .*(TOKEN|SECRET|PASSWORD|KEY)/m);
  });
});

describe('with nothing but what their Dockerfile copies', () => {
  it.each([
    ['api', 'api ready'],
    ['dispatcher', 'dispatcher ready'],
    ['worker-cpu', 'worker ready'],
  ])('%s starts', async (image, message) => {
    const { command } = await unpack(image);
    await untilLogged(start(command), message);
    expect(child!.exitCode).toBeNull();
  });

  it('the api migrates and ends, and the worker has the pallet command', async () => {
    await unpack('api');
    await untilLogged(start(['node', 'dist/apps/api/migrate-only.js']), 'of this version');
    if (child!.exitCode === null) await once(child!, 'exit');
    expect(child!.exitCode).toBe(0);
    await rm(folder!, { recursive: true });
    await unpack('worker-cpu');
    await untilLogged(
      start(['node', 'bin/pallet.js', 'models', 'pull', '--help']),
      'REPOSITORY'.toLowerCase(),
    );
  });

  it('a package that is missing would be missed', async () => {
    const { command } = await unpack('dispatcher');
    await rm(join(folder!, 'node_modules', 'pino'), { recursive: true });
    start(command);
    const [code] = (await once(child!, 'exit')) as [number];
    expect(code).not.toBe(0);
  });
});

describe('compose.yaml', () => {
  it('builds images that there are, and gives none of ours more than it needs', async () => {
    const text = await readFile(join(REPOSITORY, 'docker', 'compose.yaml'), 'utf8');
    type Service = {
      build?: { dockerfile: string };
      image?: string;
      user?: string;
      read_only?: boolean;
    };
    const { services } = parse(text, { merge: true }) as { services: Record<string, Service> };
    const built = Object.values(services).filter(({ build }) => build !== undefined);
    expect(built).toHaveLength(3);
    for (const { build, user, read_only } of built) {
      expect(await readFile(join(REPOSITORY, build!.dockerfile), 'utf8')).toContain('FROM ');
      expect([user, read_only]).toEqual(['10001:10001', true]);
    }
    for (const { image } of Object.values(services)) expect(image ?? ':1').toMatch(/:(RELEASE|\d)/);
  });
});
