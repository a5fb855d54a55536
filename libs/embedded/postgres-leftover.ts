import { execFile } from 'node:child_process';
import { readdir, readFile, readlink, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { isAlive } from './process-life.js';

/** What `postmaster.pid` says: line 1 is the process id, line 8 the state. */
export interface PostmasterFile {
  pid: number;
  isReady: boolean;
}

export async function readPostmasterFile(cluster: string): Promise<PostmasterFile | undefined> {
  const text = await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => undefined);
  const lines = text?.split('\n') ?? [];
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  return { pid, isReady: lines[7]?.trim() === 'ready' };
}

/**
 * Ends what a former run that was killed has left in `cluster`. The caller holds the lock of the data
 * folder, so a server found here serves nobody. PostgreSQL itself copes with a dead `postmaster.pid`,
 * but not with one whose number now belongs to another living process: then the file is removed.
 */
export async function clearLeftovers(cluster: string, deadlineMs = 10_000): Promise<void> {
  const file = await readPostmasterFile(cluster);
  if (file === undefined) return;
  const postmaster = (await serversIn(cluster, file.pid)).find((pid) => pid === file.pid);
  if (postmaster !== undefined) {
    signal(postmaster, 'SIGINT');
    if (!(await isGone(cluster, file.pid, deadlineMs))) signal(postmaster, 'SIGQUIT');
  }
  // Orphaned backends leave by themselves when they notice that the postmaster is dead.
  if (!(await isGone(cluster, file.pid, 5_000))) {
    for (const pid of await serversIn(cluster, file.pid)) signal(pid, 'SIGKILL');
    await isGone(cluster, file.pid, 5_000);
  }
  const left = await readPostmasterFile(cluster);
  if (left !== undefined && isAlive(left.pid)) await rm(join(cluster, 'postmaster.pid'));
}

async function isGone(cluster: string, pid: number, deadlineMs: number): Promise<boolean> {
  const end = Date.now() + deadlineMs;
  while ((await serversIn(cluster, pid)).length > 0) {
    if (Date.now() > end) return false;
    await pause(50);
  }
  return true;
}

/** Every PostgreSQL process works inside its cluster's folder, which tells them apart from all others. */
async function serversIn(cluster: string, postmaster: number): Promise<number[]> {
  if (process.platform !== 'linux')
    return (await isServerByName(cluster, postmaster)) ? [postmaster] : [];
  const place = await realpath(cluster);
  const pids = (await readdir('/proc'))
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid > 0);
  const found = await Promise.all(
    pids.map(async (pid) => {
      const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => undefined);
      if (cwd !== place) return undefined;
      const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '');
      return name.trim() === 'postgres' ? pid : undefined;
    }),
  );
  return found.filter((pid) => pid !== undefined);
}

async function isServerByName(cluster: string, pid: number): Promise<boolean> {
  const shown = await promisify(execFile)('ps', ['-p', `${pid}`, '-o', 'command=']).catch(
    () => undefined,
  );
  return shown !== undefined && shown.stdout.includes('postgres') && shown.stdout.includes(cluster);
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended meanwhile, which is what the signal was for.
  }
}
