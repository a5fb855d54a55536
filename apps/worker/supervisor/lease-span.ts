import { publicId } from '#contracts';
import type { Lease } from '#database';
import { inSpan, recordSpan, type Interval } from '#telemetry';

/**
 * Works on a lease under a span of its own, below the request that made its job; the wait in the queue is one beside
 * it. Input: how long the claim took.
 */
export function inLeaseSpan<T>(lease: Lease, claim: Interval, work: () => Promise<T>): Promise<T> {
  const { job: parent, upload, waitedMs } = lease.trace;
  const { startMs } = claim;
  const attributes = {
    'pallet.job': publicId('job', lease.jobId),
    'pallet.shard': lease.shardId,
    'pallet.lane': lease.lane,
  };
  if (parent !== null) {
    // By the time that the database says it took: its clock need not be ours.
    recordSpan('queue', { parent, startMs: startMs - waitedMs, endMs: startMs, attributes });
  }
  const options = { parent, kind: 'consumer', startMs, links: [upload], attributes } as const;
  return inSpan('shard', options, (span) => {
    span.setAttributes({ 'pallet.fence': lease.fence, 'pallet.losses': lease.losses });
    recordSpan('claim', { ...claim, parent: span });
    return work();
  });
}
