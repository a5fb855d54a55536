import type { AppError } from '#contracts';

/** Passes over a row before it is refused. */
export const MOST_PASSES = 5;
/** Each pause is so many times the one before: with 5 s that is 5 s, 25 s, two and ten minutes. */
const GROWTH = 5;
/** A server may ask for more, but not for ever. */
const LONGEST_PAUSE_MS = 3_600_000;

/** Input: passes that were made, this one included; what stopped its rows. Output: the pause before the next one. */
export function pauseBeforeNext(
  passes: number,
  reasons: Iterable<AppError>,
  { retryMs, random }: { retryMs: number; random: number },
): number {
  // Up to a quarter more, so that chunks of one manifest do not come back all at once.
  const planned = retryMs * GROWTH ** (passes - 1) * (1 + random / 4);
  const asked = [...reasons].map(({ context }) => Number(context['retryAfterMs'] ?? 0));
  return Math.min(LONGEST_PAUSE_MS, Math.max(planned, ...asked));
}
