import { createHash, randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { isAlive } from './process-life.js';

export interface LockFile {
  release(): Promise<void>;
}

/** A lock, or the process that has it. */
export type LockOutcome = { readonly lock: LockFile } | { readonly heldBy: number };

const holderSchema = z.object({
  pid: z.int().positive(),
  /** Start of the process in clock ticks since boot; tells it from a later one with the same id. */
  startedTicks: z.string().nullable(),
});
type Holder = z.infer<typeof holderSchema>;

/** How long the one that takes over a stale lock may be waited for before looking again. */
const TAKING_OVER_MS = 5;

/**
 * Holds `file` against every other Pallet of this machine until `release` or the death of this process. Its folder
 * must be there. Process ids mean nothing across machines: keep it on a local disk.
 *
 * A lock of a dead process is stale. Looking at it and replacing it are two steps, and between them another process may
 * have replaced it already. So whoever wants to replace a stale lock first takes a second lock, named for the text of
 * the stale one: only its holder may touch a file with that text, and no two locks ever have the same text. The second
 * lock may become stale as well, and is then taken over in the same way.
 */
export async function takeLock(file: string): Promise<LockOutcome> {
  const mine = JSON.stringify({
    pid: process.pid,
    startedTicks: await startedTicks(process.pid),
    id: randomUUID(),
  });
  for (;;) {
    if (await createWhole(file, mine)) break;
    const text = await findText(file);
    if (text === undefined) continue;
    const holder = parseHolder(text);
    if (holder !== undefined && (await isHeld(holder))) return { heldBy: holder.pid };
    if (await replaceStale(file, text, mine)) break;
  }
  return {
    lock: {
      release: async () => {
        if ((await findText(file)) === mine) await rm(file);
      },
    },
  };
}

/** False when somebody else was first, or is about to be. */
async function replaceStale(file: string, stale: string, mine: string): Promise<boolean> {
  const turn = createHash('sha256').update(stale).digest('hex').slice(0, 16);
  const outcome = await takeLock(`${file}.${turn}`);
  if ('heldBy' in outcome) {
    await pause(TAKING_OVER_MS);
    return false;
  }
  try {
    if ((await findText(file)) !== stale) return false;
    const draft = `${file}.${randomUUID()}`;
    await writeFile(draft, mine, { mode: 0o600 });
    await rename(draft, file);
    return true;
  } finally {
    await outcome.lock.release();
  }
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

const findText = (file: string): Promise<string | undefined> =>
  readFile(file, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  });

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
