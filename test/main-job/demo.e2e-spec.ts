import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { REPOSITORY } from '../rig/repository.js';

const run = promisify(execFile);
const TASKS = ['caption', 'answer', 'detect', 'segment'];

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pallet-demo-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** The command of the README, as a new user runs it. `tools` are the programs on the PATH. */
function demo(path: string) {
  return run(process.execPath, ['scripts/demo.js', '--once', '--data', join(directory, 'data')], {
    cwd: REPOSITORY,
    env: { ...process.env, PATH: path, NO_COLOR: '1', REDIS_URL: '' },
  });
}

/** A PATH with what the demo needs, and no redis-server. */
async function pathWithoutRedis(): Promise<string> {
  const folder = join(directory, 'bin');
  await mkdir(folder);
  const { stdout } = await run('sh', [
    '-c',
    'for p in node npm sh unshare env; do command -v $p; done',
  ]);
  for (const program of stdout.trim().split('\n')) {
    await symlink(program, join(folder, program.split('/').at(-1)!));
  }
  return folder;
}

describe('npm run demo -- --once', () => {
  it.each(['Redis', 'Postgres'])(
    'answers every task for every scene and photograph, with the queue on %s',
    async (queue) => {
      const path = queue === 'Redis' ? process.env['PATH']! : await pathWithoutRedis();
      const folders = ['scenes', 'photos'].map((name) =>
        readdir(join(REPOSITORY, 'examples', name)),
      );
      const pictures = (await Promise.all(folders)).flat().filter((name) => name.endsWith('.jpg'));
      const { stdout, stderr } = await demo(path);
      const rows = stdout.split('\n').map((line) => line.trim().split(/\s+/));
      const answered = rows.map(([name, task]) => `${name} ${task}`);
      for (const name of pictures) {
        for (const task of TASKS) expect(answered).toContain(`${name} ${task}`);
      }
      expect(stderr + stdout).toMatch(
        queue === 'Redis' ? /redis-server, started/ : /tables in PostgreSQL/,
      );
      expect(stderr + stdout).toMatch(/small demo checkpoint/);
    },
  );
});
