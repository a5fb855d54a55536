import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '#contracts';

export type Pause = (ms: number, signal?: AbortSignal) => Promise<void>;

export interface RetryOptions {
  readonly signal?: AbortSignal;
  /** For tests: waits that many milliseconds. */
  readonly pause?: Pause;
  /** True when the attempt that failed got further than the one before: then patience starts anew. */
  readonly hasProgressed?: () => boolean;
}

const ATTEMPTS = 6;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

/**
 * Tries again what failed with a retryable `AppError`, each time later, or when the server said.
 * Errors: the last one; whatever `signal` was aborted with.
 */
export async function retrying<Result>(
  attempt: () => Promise<Result>,
  { signal, pause = wait, hasProgressed }: RetryOptions,
): Promise<Result> {
  for (let failures = 1; ; failures += 1) {
    signal?.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      signal?.throwIfAborted();
      if (hasProgressed?.()) failures = 1;
      const isHopeless = !(error instanceof AppError) || !error.retryable;
      if (isHopeless || failures >= ATTEMPTS) throw error;
      await pause(pauseMs(failures, error), signal).catch((reason: unknown) => {
        signal?.throwIfAborted();
        throw reason;
      });
    }
  }
}

const wait: Pause = (ms, signal) => sleep(ms, undefined, { signal });

function pauseMs(failures: number, { context }: AppError): number {
  const asked = context['retryAfterSeconds'];
  if (typeof asked === 'number') return Math.min(asked * 1_000, 10 * LONGEST_PAUSE_MS);
  return Math.min(FIRST_PAUSE_MS * 2 ** (failures - 1), LONGEST_PAUSE_MS);
}
