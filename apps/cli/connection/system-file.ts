import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const systemSchema = z.object({
  url: z.url(),
  apiKey: z.string().min(1),
  /** By name of the process; `up` is the one that started the others. */
  pids: z.record(z.string(), z.int()),
});
/** How to reach the embedded system of a data folder, for as long as it runs. */
export type SystemFile = z.infer<typeof systemSchema>;

const fileIn = (dataDirectory: string): string => join(dataDirectory, 'system.json');

export async function writeSystemFile(dataDirectory: string, system: SystemFile): Promise<void> {
  const file = fileIn(dataDirectory);
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, `${JSON.stringify(system, null, 2)}\n`, { mode: 0o600 });
  await rename(draft, file);
}

export const removeSystemFile = (dataDirectory: string): Promise<void> =>
  rm(fileIn(dataDirectory), { force: true });

/** Undefined when no system runs there, also when one was killed and could not remove its file. */
export async function findSystem(dataDirectory: string): Promise<SystemFile | undefined> {
  const text = await readFile(fileIn(dataDirectory), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const parsed = systemSchema.safeParse(parseJson(text));
  if (!parsed.success) return undefined;
  const up = parsed.data.pids['up'];
  return up !== undefined && isAlive(up) ? parsed.data : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
