import { readdirSync, readFileSync } from 'node:fs';
import type { TestClient } from './client.js';

export function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // It ended by itself in the meantime: that is what was wanted.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/** Process ids of the engine hosts of a worker (Linux). */
export function hostsOf(workerPid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => parentOf(pid) === workerPid && commandOf(pid).includes('engine-host'));
}

/** Most memory that a process ever had resident, bytes (Linux). */
export function peakMemoryBytes(pid: number): number {
  const kib = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kib) * 1024;
}

/** Resolves when so many items of the job have ended. */
export async function untilProgress(
  client: TestClient,
  jobId: string,
  ended: number,
): Promise<void> {
  for (;;) {
    const { item_counts: counts } = await client.job(jobId);
    if (counts.succeeded + counts.failed + counts.cancelled >= ended) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function parentOf(pid: number): number | undefined {
  try {
    return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  } catch {
    return undefined;
  }
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
