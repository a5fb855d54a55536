import { setTimeout as sleep } from 'node:timers/promises';

/** Waits, but not past an abort. */
export async function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  await sleep(delayMs, undefined, { signal }).catch(() => undefined);
}
