import type { JobEstimate } from '#contracts';

export interface JobSize {
  readonly items: number;
  /** Part of the answers that need no computing, 0..1. */
  readonly knownShare: number;
  readonly workers: number;
}

/** Images that one worker ended together, and how long that took. */
export interface MeasuredSample {
  readonly images: number;
  readonly elapsedMs: number;
}

/** Of the clock of the database, as it comes out of a row. */
const LEAST_ELAPSED_MS = 1;

/**
 * What a job of this size will take by the measure of its samples; null when none ended. A few images fill an
 * accelerator less than a job does, so it errs to the long side.
 */
export function estimateJob(size: JobSize, sample: MeasuredSample): JobEstimate | null {
  if (sample.images === 0) return null;
  const imageSeconds = Math.max(sample.elapsedMs, LEAST_ELAPSED_MS) / 1000 / sample.images;
  // The worker that ran the samples may be gone since; whoever runs the job, it is one at least.
  const workers = Math.max(size.workers, 1);
  const acceleratorSeconds = size.items * (1 - size.knownShare) * imageSeconds;
  return {
    images_per_second: round(workers / imageSeconds),
    seconds: round(acceleratorSeconds / workers),
    accelerator_seconds: round(acceleratorSeconds),
  };
}

/** Numbers of the images to run: the middles of `samples` equal parts, so that they are spread and always the same. */
export function sampleItems(items: number, samples: number): number[] {
  const count = Math.min(items, samples);
  return Array.from({ length: count }, (_, at) => Math.floor(((at + 0.5) * items) / count));
}

const round = (value: number): number => Math.round(value * 1000) / 1000;
