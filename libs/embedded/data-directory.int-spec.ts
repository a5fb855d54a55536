import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockDataDirectory } from './data-directory.js';

describe('lockDataDirectory', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'pallet-lock-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const stale = JSON.stringify({ pid: process.ppid, startedTicks: '1' });
  const lockFile = (): string => join(directory, 'pallet.lock');
  const holder = async (): Promise<unknown> => JSON.parse(await readFile(lockFile(), 'utf8')).pid;

  it('refuses a second holder and names the process of the first', async () => {
    await lockDataDirectory(directory);
    await expect(lockDataDirectory(directory)).rejects.toMatchObject({
      code: 'embedded.data_directory_in_use',
      message: expect.stringContaining(`${process.pid}`),
    });
  });

  it('lets the next one in after release and leaves nothing behind', async () => {
    const first = await lockDataDirectory(directory);
    await first.release();
    expect(await readdir(directory)).toEqual([]);
    await lockDataDirectory(directory);
    expect(await readdir(directory)).toEqual(['pallet.lock']);
  });

  it('takes over the lock of a dead process', async () => {
    const child = spawn('true');
    await once(child, 'exit');
    await writeFile(lockFile(), JSON.stringify({ pid: child.pid, startedTicks: '1' }));
    await lockDataDirectory(directory);
    expect(await holder()).toBe(process.pid);
  });

  it('takes over a lock whose process id belongs to another process by now', async () => {
    await writeFile(lockFile(), stale);
    await lockDataDirectory(directory);
    expect(await holder()).toBe(process.pid);
  });

  it('takes over a lock that is no lock', async () => {
    await writeFile(lockFile(), '{"pi');
    await lockDataDirectory(directory);
    expect(await holder()).toBe(process.pid);
  });

  it('gives a stale lock to exactly one of many', async () => {
    for (let round = 0; round < 20; round += 1) {
      const contested = join(directory, `${round}`);
      await mkdir(contested);
      await writeFile(join(contested, 'pallet.lock'), stale);
      const outcomes = await Promise.allSettled(
        Array.from({ length: 20 }, () => lockDataDirectory(contested)),
      );
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(await readdir(contested)).toEqual(['pallet.lock']);
    }
  });

  it('takes over where another died while it took over', async () => {
    await writeFile(lockFile(), stale);
    const turn = createHash('sha256').update(stale).digest('hex').slice(0, 16);
    await writeFile(`${lockFile()}.${turn}`, stale);
    await lockDataDirectory(directory);
    expect(await holder()).toBe(process.pid);
    expect(await readdir(directory)).toEqual(['pallet.lock']);
  });
});
