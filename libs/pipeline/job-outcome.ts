import type { JobOutcome, JobState, StopReason } from '#contracts';

export interface ItemCounts {
  readonly total: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly cancelled: number;
}

/**
 * How a job ended; null while it has not. A job whose items all failed never looks like success, nor does one that
 * a limit has stopped before its last item.
 */
export function jobOutcome(
  state: JobState,
  counts: ItemCounts,
  stopReason: StopReason | null,
): JobOutcome | null {
  if (state === 'cancelled') return 'cancelled';
  if (state !== 'completed') return null;
  if (counts.cancelled > 0 && stopReason !== null) {
    return stopReason === 'deadline' ? 'expired' : 'failed';
  }
  if (counts.failed === 0) return 'succeeded';
  return counts.succeeded === 0 ? 'failed' : 'partly_failed';
}

/** Part of the items that have reached their end, 0..1. */
export function jobProgress(counts: ItemCounts): number {
  if (counts.total === 0) return 1;
  return (counts.succeeded + counts.failed + counts.cancelled) / counts.total;
}
