import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '#contracts';

/** The lease is gone: whatever was not committed is somebody else's work now. */
export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError';
}

const LONGEST_PAUSE_MS = 5_000;

/**
 * Repeats what fails for a reason that passes (Postgres or the object store away) for as long as the lease
 * may still be ours. Errors: `LeaseLostError`; those of `work` that do not pass.
 */
export async function persist<T>(lost: AbortSignal, work: () => Promise<T>): Promise<T> {
  for (let pauseMs = 100; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    if (lost.aborted) throw new LeaseLostError();
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof AppError && error.retryable)) throw error;
      await sleep(pauseMs, undefined, { signal: lost }).catch(() => undefined);
    }
  }
}
