import type { Series, Span } from '#contracts';
import type { SeriesPoint, SeriesSpan } from '#database';
import { latencyAt, latencyBuckets } from '#pipeline';

/** How each span is cut: about as many points as a chart has room for. */
export const SPAN_POINTS: Readonly<Record<Span, SeriesSpan>> = {
  '15m': { sampleSeconds: 10, pointSeconds: 10, points: 90 },
  '1h': { sampleSeconds: 10, pointSeconds: 30, points: 120 },
  '24h': { sampleSeconds: 60, pointSeconds: 300, points: 288 },
};

export function viewSeries(
  span: Span,
  pool: string | null,
  points: readonly SeriesPoint[],
): Series {
  const column = (read: (point: SeriesPoint) => number | null) => points.map(read);
  return {
    object: 'series',
    span,
    pool,
    step_seconds: SPAN_POINTS[span].pointSeconds,
    times: points.map(({ at }) => at),
    items_per_second: column(endedPerSecond),
    failed_per_second: column((point) => point.failedPerSecond),
    error_rate: column(errorRate),
    tokens_per_second: column((point) => point.tokensPerSecond),
    p50_ms: column(within(0.5)),
    p95_ms: column(within(0.95)),
    outstanding_items: column((point) => point.outstandingItems),
    backlog_accelerator_seconds: column((point) => point.backlogSeconds),
    in_flight_items: column((point) => point.inFlightItems),
    oldest_wait_seconds: column((point) => point.oldestWaitSeconds),
    workers: column((point) => point.workers),
    queued_shards: column((point) => point.queuedShards),
    cpu_percent: column((point) => point.cpuPercent),
    gpu_percent: column((point) => point.gpuPercent),
  };
}

/** The time within which this share of the images was done. */
const within =
  (share: number) =>
  ({ latency }: SeriesPoint): number | null =>
    latencyAt(latencyBuckets(latency ?? {}), share);

const endedPerSecond = ({ succeededPerSecond: well, failedPerSecond: failed }: SeriesPoint) =>
  well === null || failed === null ? null : well + failed;

/** Of nothing, no part failed. */
function errorRate(point: SeriesPoint): number | null {
  const ended = endedPerSecond(point);
  return ended === null || ended === 0 ? null : point.failedPerSecond! / ended;
}
