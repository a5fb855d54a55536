import { setTimeout as pause } from 'node:timers/promises';
import { AppError, type Job } from '#contracts';
import type { PalletClient } from '../client/pallet-client.js';
import { EXIT, type ExitCode } from '../exit-code.js';
import type { Progress } from '../output/progress.js';

export interface WaitOptions {
  progress: Progress;
  signal: AbortSignal;
  timeoutMs?: number;
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;
/** A job may take hours; a restart of the api in between must not end the wait for it. */
const PATIENCE_MS = 60_000;

/** Polls until the job has ended. Errors: `cli.timeout`, `cli.interrupted`; the job runs on in both. */
export async function waitForJob(
  client: PalletClient,
  jobId: string,
  options: WaitOptions,
): Promise<Job> {
  const late = new AbortController();
  const timer =
    options.timeoutMs === undefined
      ? undefined
      : setTimeout(() => late.abort(timedOut(jobId)), options.timeoutMs);
  const signal = AbortSignal.any([options.signal, late.signal]);
  try {
    return await poll(client, jobId, { ...options, signal });
  } finally {
    clearTimeout(timer);
    options.progress.stop();
  }
}

async function poll(
  client: PalletClient,
  jobId: string,
  { progress, signal }: WaitOptions,
): Promise<Job> {
  let answeredAt = Date.now();
  for (let ms = FIRST_PAUSE_MS; ; ms = Math.min(ms * 1.5, LONGEST_PAUSE_MS)) {
    const job = await client.getJob(jobId, { signal }).catch((error: unknown) => {
      const isPassing = error instanceof AppError && error.retryable;
      if (!isPassing || Date.now() - answeredAt > PATIENCE_MS) throw error;
      return undefined;
    });
    if (job !== undefined) {
      answeredAt = Date.now();
      showJob(progress, job);
      if (job.finished_at !== null) return job;
    }
    await pause(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

function showJob(progress: Progress, { item_counts: counts }: Job): void {
  const done = counts.succeeded + counts.failed + counts.cancelled;
  progress.show(done, counts.total, counts.failed > 0 ? `${counts.failed} failed` : undefined);
}

/**
 * A cancelled job and one whose items all failed are failures whatever was asked; failed items among
 * others are one unless `failsOnItemError` is false.
 */
export function exitCodeOfJob(job: Job, failsOnItemError: boolean): ExitCode {
  switch (job.outcome) {
    case 'succeeded':
      return EXIT.ok;
    case 'partly_failed':
      return failsOnItemError ? EXIT.failedItems : EXIT.ok;
    case 'failed':
      return failsOnItemError ? EXIT.failedItems : EXIT.failed;
    default:
      return EXIT.failed;
  }
}

const timedOut = (jobId: string): AppError =>
  new AppError(
    'cli.timeout',
    `${jobId} has not ended in that time. It runs on: \`pallet jobs wait ${jobId}\`.`,
  );
