/** Between two looks at the wall clock: what is timed with both must not drift apart over days. */
const ANCHOR_MS = 10_000;

let wallMs = Date.now();
let monotonicMs = performance.now();

/**
 * Milliseconds since 1970, with fractions: spans of one process keep their order, and those of several on a machine
 * fit together to a millisecond.
 */
export function epochMs(): number {
  const now = performance.now();
  if (now - monotonicMs > ANCHOR_MS) {
    monotonicMs = now;
    wallMs = Date.now();
  }
  return wallMs + now - monotonicMs;
}

export interface Interval {
  /** Milliseconds since 1970. */
  readonly startMs: number;
  readonly endMs: number;
}

/** Output: asks how long it has been until now; a wall clock that is set meanwhile does not make it longer. */
export function startClock(): () => Interval {
  const startMs = epochMs();
  const startedAt = performance.now();
  return () => ({ startMs, endMs: startMs + performance.now() - startedAt });
}
