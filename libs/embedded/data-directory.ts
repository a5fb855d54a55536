import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { AppError } from '#contracts';
import { isAlive } from './process-life.js';

export interface DirectoryLock {
  release(): Promise<void>;
}

const holderSchema = z.object({
  pid: z.int().positive(),
  /** Start of the process in clock ticks since boot; tells it from a later one with the same id. */
  startedTicks: z.string().nullable(),
});
type Holder = z.infer<typeof holderSchema>;

/**
 * Makes `directory` and keeps every other Pallet of this machine out of it until `release` or the death
 * of this process. Process ids mean nothing across machines: keep the folder on a local disk.
 * Errors: `embedded.data_directory_in_use`.
 */
export async function lockDataDirectory(directory: string): Promise<DirectoryLock> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const file = join(directory, 'pallet.lock');
  const mine = JSON.stringify({ pid: process.pid, startedTicks: await startedTicks(process.pid) });
  for (;;) {
    if (await createWhole(file, mine)) break;
    const text = await readFile(file, 'utf8').catch(() => undefined);
    if (text === undefined) continue;
    const holder = parseHolder(text);
    if (holder !== undefined && (await isHeld(holder))) throw inUse(directory, holder.pid);
    await removeStale(file, text);
  }
  return {
    release: async () => {
      if ((await readFile(file, 'utf8').catch(() => undefined)) === mine) await rm(file);
    },
  };
}

/** False when the file is there. A link appears with its content; a plain open would show it empty first. */
async function createWhole(file: string, text: string): Promise<boolean> {
  const draft = `${file}.${randomUUID()}`;
  await writeFile(draft, text, { mode: 0o600 });
  try {
    await link(draft, file);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

/** Two processes may find the same stale lock; the later one must not remove the lock of the first. */
async function removeStale(file: string, text: string): Promise<void> {
  const aside = `${file}.${randomUUID()}`;
  try {
    await rename(file, aside);
  } catch {
    return;
  }
  const moved = await readFile(aside, 'utf8');
  if (moved !== text) await link(aside, file).catch(() => undefined);
  await rm(aside, { force: true });
}

function parseHolder(text: string): Holder | undefined {
  try {
    return holderSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

async function isHeld(holder: Holder): Promise<boolean> {
  if (!isAlive(holder.pid)) return false;
  return holder.startedTicks === null || holder.startedTicks === (await startedTicks(holder.pid));
}

/** Field 22 of /proc/PID/stat (proc_pid_stat(5)); null where there is no /proc. */
async function startedTicks(pid: number): Promise<string | null> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // The name of the program, in brackets, may hold spaces: count from behind it.
  return text?.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? null;
}

const inUse = (directory: string, pid: number): AppError =>
  new AppError(
    'embedded.data_directory_in_use',
    `Process ${pid} already works with ${directory}. Stop it first, or choose another folder with --data.`,
    { context: { directory, pid } },
  );
