import type { Job } from '#contracts';

export interface Arrivals {
  readonly shown: readonly Job[];
  /** How many have come since and wait to be looked at. */
  readonly waiting: number;
}

/**
 * What of a list is shown to somebody who looks at it: jobs that come between those that were seen wait, for they would
 * push the others aside under the reader's eyes. Older ones, which were asked for, go below. Where nothing of what was
 * seen is left, nobody is disturbed.
 */
export function arrivalsOf(jobs: readonly Job[], seen: ReadonlySet<string>): Arrivals {
  const known = jobs.filter(({ id }) => seen.has(id));
  const oldest = known.at(-1);
  if (oldest === undefined) return { shown: jobs, waiting: 0 };
  // Newest first, and ids are in the order of time.
  const shown = jobs.filter(({ id }) => seen.has(id) || id < oldest.id);
  return { shown, waiting: jobs.length - shown.length };
}
