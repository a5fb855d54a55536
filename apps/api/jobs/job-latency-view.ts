import { publicId, type JobLatency } from '#contracts';
import { latencyAt, latencyBuckets } from '#pipeline';

/** Input: images by step of their time. */
export function viewLatency(jobId: string, counts: Readonly<Record<string, number>>): JobLatency {
  const buckets = latencyBuckets(counts);
  return {
    object: 'job.latency',
    job: publicId('job', jobId),
    images: buckets.reduce((sum, { images }) => sum + images, 0),
    p50_ms: latencyAt(buckets, 0.5),
    p95_ms: latencyAt(buckets, 0.95),
    buckets: buckets.map(({ aboveMs, upToMs, images }) => {
      return { above_ms: aboveMs, up_to_ms: upToMs, images };
    }),
  };
}
