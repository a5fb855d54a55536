import { AppError } from '#contracts';
import { LeaseLostError } from './lease-lost-error.js';
import { pause } from './pause.js';

const LONGEST_PAUSE_MS = 2_000;

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
      await pause(pauseMs, lost);
    }
  }
}
