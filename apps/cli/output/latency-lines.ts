import type { JobLatency } from '#contracts';

/** Of the longest bar, characters. */
const BAR_WIDTH = 40;

/** `840 ms`, `1.4 s`, `34 s`, `12 min`. */
export function timeText(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 10_000) return `${(ms / 1_000).toFixed(1)} s`;
  return ms < 100_000 ? `${Math.round(ms / 1_000)} s` : `${Math.round(ms / 60_000)} min`;
}

/** One line a step of the histogram, below one with the two figures that people ask for. */
export function latencyLines({ images, p50_ms: half, p95_ms: most, buckets }: JobLatency): string {
  if (half === null || most === null) return 'No image of this job has a time yet.\n';
  const longest = Math.max(...buckets.map((bucket) => bucket.images));
  const width = Math.max(...buckets.map((bucket) => `${bucket.images}`.length));
  const lines = buckets.map(({ above_ms: above, up_to_ms: upTo, images: some }) => {
    const title = upTo === null ? `over ${timeText(above)}` : `up to ${timeText(upTo)}`;
    // A step that has an image is seen, however few they are.
    const bar = '#'.repeat(Math.ceil((some / longest) * BAR_WIDTH));
    return `${title.padStart(14)}  ${`${some}`.padStart(width)}  ${bar}`.trimEnd();
  });
  return [
    `${images} images: half took ${timeText(half)} or less, 95 % ${timeText(most)} or less`,
    ...lines,
    '',
  ].join('\n');
}
