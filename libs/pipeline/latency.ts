import type { Timings } from '#contracts';

/** Steps 0 to 40; the last one holds all that took longer. */
const LAST_STEP = 40;

/** Where a step ends, milliseconds: two steps are a doubling. The function `latency_step` of the database counts by it. */
export const stepEndMs = (step: number): number => 2 ** (step / 2);

/** Output: the step that holds the sum of the stages, as the database's `latency_step` has it. */
export function latencyStep(timings: Timings): number {
  const { fetch_ms: fetch, decode_ms: decode, encode_ms: encode, generate_ms: generate } = timings;
  // Less than any time can be told apart by: what ends a step is in it.
  const step = 2 * Math.log2(Math.max(1, fetch + decode + encode + generate)) - 1e-9;
  return Math.min(LAST_STEP, Math.max(0, Math.ceil(step)));
}

export interface LatencyBucket {
  readonly aboveMs: number;
  /** null: however long. */
  readonly upToMs: number | null;
  readonly images: number;
}

/** Input: images by step, as `{"17": 240}`. Output: from the first step that has one to the last, without a hole. */
export function latencyBuckets(counts: Readonly<Record<string, number>>): LatencyBucket[] {
  const steps = Object.keys(counts).map(Number);
  if (steps.length === 0) return [];
  const [first, last] = [Math.min(...steps), Math.max(...steps)];
  return Array.from({ length: last - first + 1 }, (_, at) => {
    const step = first + at;
    return {
      aboveMs: step === 0 ? 0 : stepEndMs(step - 1),
      upToMs: step === LAST_STEP ? null : stepEndMs(step),
      images: counts[step] ?? 0,
    };
  });
}

/**
 * Output: the time within which this share of the images was done, as if those of a step lay evenly in it; so it is off
 * by less than one step. Of the last step, which has no end, its beginning. null without images.
 */
export function latencyAt(buckets: readonly LatencyBucket[], share: number): number | null {
  const wanted = share * buckets.reduce((sum, { images }) => sum + images, 0);
  let before = 0;
  for (const { aboveMs, upToMs, images } of buckets) {
    if (images > 0 && before + images >= wanted) {
      return aboveMs + ((wanted - before) / images) * ((upToMs ?? aboveMs) - aboveMs);
    }
    before += images;
  }
  return null;
}
