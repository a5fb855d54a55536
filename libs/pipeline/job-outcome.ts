import type { JobOutcome, JobState } from '#contracts';

export interface ItemCounts {
  readonly total: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly cancelled: number;
}

/** How a job ended; null while it has not. A job whose items all failed never looks like success. */
export function jobOutcome(state: JobState, counts: ItemCounts): JobOutcome | null {
  if (state === 'cancelled') return 'cancelled';
  if (state !== 'completed') return null;
  if (counts.failed === 0) return 'succeeded';
  return counts.succeeded === 0 ? 'failed' : 'partly_failed';
}

/** Part of the items that have reached their end, 0..1. */
export function jobProgress(counts: ItemCounts): number {
  if (counts.total === 0) return 1;
  return (counts.succeeded + counts.failed + counts.cancelled) / counts.total;
}
