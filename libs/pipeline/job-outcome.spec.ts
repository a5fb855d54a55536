import { describe, expect, it } from 'vitest';
import { jobOutcome } from './job-outcome.js';

const counts = (succeeded: number, failed: number, cancelled: number) => ({
  total: succeeded + failed + cancelled,
  succeeded,
  failed,
  cancelled,
});

describe('the outcome of a job', () => {
  it.each([
    ['completed', counts(3, 0, 0), null, 'succeeded'],
    ['completed', counts(2, 1, 0), null, 'partly_failed'],
    ['completed', counts(0, 3, 0), null, 'failed'],
    ['cancelled', counts(2, 0, 1), null, 'cancelled'],
    ['completed', counts(2, 0, 1), 'deadline', 'expired'],
    ['completed', counts(2, 1, 1), 'failure_rate', 'failed'],
    // The limit came too late to leave anything undone.
    ['completed', counts(3, 0, 0), 'deadline', 'succeeded'],
    ['completed', counts(2, 1, 0), 'failure_rate', 'partly_failed'],
  ] as const)('that is %s with %j, stopped by %s, is %s', (state, items, reason, outcome) => {
    expect(jobOutcome(state, items, reason)).toBe(outcome);
  });

  it.each(['queued', 'running', 'paused', 'cancelling'] as const)(
    'that is %s is not there yet',
    (state) => {
      expect(jobOutcome(state, counts(1, 1, 1), 'deadline')).toBeNull();
    },
  );
});
