const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/**
 * Pauses after the first, second ... attempt: ten attempts within three days, the schedule of Standard
 * Webhooks. Published in docs/webhooks.md.
 */
export const RETRY_PAUSES_MS: readonly number[] = [
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
];

/** Pauses are longer by up to this part, so that what failed together does not come back together. */
export const JITTER = 0.2;
/** The longest that a receiver's `Retry-After` can put off one delivery. */
export const LONGEST_PAUSE_MS = 24 * HOUR;
/** The longest that it can keep everything else from being sent to its endpoint. */
export const LONGEST_THROTTLE_MS = HOUR;
/** How long an endpoint rests that said it is overloaded, but not for how long. */
export const THROTTLE_MS = 30 * SECOND;
/** An endpoint of which nothing but failures came for so long is switched off. */
export const GIVE_UP_AFTER_MS = 5 * 24 * HOUR;

/** Overloaded, or a proxy before it that is: sending more makes it worse. */
const OVERLOADED = new Set([429, 502, 503, 504]);
const GONE = 410;

/** What came of one attempt. `status` is missing when no answer came. */
export interface AttemptOutcome {
  /** Counts from 1, since the delivery was made or sent again by hand. */
  readonly attempt: number;
  readonly status?: number;
  readonly retryAfterMs?: number;
  /** Since when nothing has got through to this endpoint, before this attempt; undefined if something has. */
  readonly failingForMs?: number;
}

export type DisabledReason = 'gone' | 'failing';

export interface NextStep {
  readonly delivery:
    | { readonly kind: 'delivered' }
    | { readonly kind: 'retry'; readonly afterMs: number }
    | { readonly kind: 'failed' };
  /** Nothing at all is sent to the endpoint for so long. */
  readonly throttleMs?: number;
  readonly disable?: DisabledReason;
}

/** Input: an outcome, and a random number of [0, 1). Output: what follows for the delivery and its endpoint. */
export function planNextStep(outcome: AttemptOutcome, random: number): NextStep {
  const { attempt, status = 0, retryAfterMs = 0, failingForMs = 0 } = outcome;
  // A redirect is no delivery: following it would ask the next address without anybody's consent.
  if (status >= 200 && status < 300) return { delivery: { kind: 'delivered' } };
  if (status === GONE) return { delivery: { kind: 'failed' }, disable: 'gone' };
  const disable = failingForMs >= GIVE_UP_AFTER_MS ? ('failing' as const) : undefined;
  const pauseMs = RETRY_PAUSES_MS[attempt - 1];
  if (pauseMs === undefined) return { delivery: { kind: 'failed' }, disable };
  const scheduledMs = Math.round(pauseMs * (1 + JITTER * random));
  const afterMs = Math.max(scheduledMs, Math.min(retryAfterMs, LONGEST_PAUSE_MS));
  const throttleMs = OVERLOADED.has(status)
    ? Math.min(Math.max(retryAfterMs, THROTTLE_MS), LONGEST_THROTTLE_MS)
    : undefined;
  return { delivery: { kind: 'retry', afterMs }, throttleMs, disable };
}
