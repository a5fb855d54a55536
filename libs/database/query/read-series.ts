import type { Queryable } from '../database.js';

export interface SeriesSpan {
  /** Samples that are read, by their step. */
  readonly sampleSeconds: number;
  /** Of one point of the chart: a multiple of it. */
  readonly pointSeconds: number;
  readonly points: number;
}

/** One point of time, over all pools that were asked for; null where nobody sampled, or nobody knew. */
export interface SeriesPoint {
  /** Begin of the point, seconds since 1970. */
  readonly at: number;
  readonly succeededPerSecond: number | null;
  readonly failedPerSecond: number | null;
  readonly tokensPerSecond: number | null;
  readonly outstandingItems: number | null;
  readonly backlogSeconds: number | null;
  readonly inFlightItems: number | null;
  readonly oldestWaitSeconds: number | null;
  readonly workers: number | null;
  readonly queuedShards: number | null;
  readonly cpuPercent: number | null;
  readonly gpuPercent: number | null;
  /** Images that succeeded since the point before that anybody sampled, by the step of their time. */
  readonly latency: Readonly<Record<string, number>> | null;
}

/** Per second, of the samples of a point; what lies before the first sample of all is nobody's. */
const rate = (column: string): string =>
  `sum(${column}) FILTER (WHERE ${column} >= 0)
   / nullif(sum(seconds) FILTER (WHERE ${column} >= 0), 0)`;

/** Over pools, each as much as it has workers. */
const perWorker = (column: string): string =>
  `sum(${column} * workers) / nullif(sum(workers) FILTER (WHERE ${column} IS NOT NULL), 0)`;

/**
 * Input: the span, and a pool, or undefined for all. Output: its points, oldest first, the last of them now; always as
 * many as asked for. Reads the samples of the span alone. Errors: those of the connection.
 */
export function readSeries(
  db: Queryable,
  { sampleSeconds, pointSeconds, points }: SeriesSpan,
  pool?: string,
): Promise<SeriesPoint[]> {
  return db.query<SeriesPoint & Record<string, unknown>>(
    `WITH times AS (
       SELECT generate_series(last - ($3::int - 1) * width, last, width) AS t
       FROM (SELECT $2 * interval '1 second' AS width,
                    date_bin($2 * interval '1 second', now(), 'epoch') AS last) AS now_
     ), taken AS (
       SELECT *, items_succeeded - lag(items_succeeded) OVER before AS succeeded,
              items_failed - lag(items_failed) OVER before AS failed,
              tokens - lag(tokens) OVER before AS written,
              extract(epoch FROM taken_at - lag(taken_at) OVER before)::float8 AS seconds
       FROM samples
       WHERE step_seconds = $1 AND ($4::text IS NULL OR model = $4)
         AND at >= (SELECT min(t) FROM times) - $1 * interval '1 second'
       WINDOW before AS (PARTITION BY model ORDER BY at)
     ), points AS (
       SELECT date_bin($2 * interval '1 second', at, 'epoch') AS t,
              ${rate('succeeded')} AS succeeded, ${rate('failed')} AS failed, ${rate('written')} AS written,
              avg(outstanding_items) AS outstanding, avg(backlog_seconds) AS backlog,
              avg(in_flight_items) AS in_flight, max(oldest_wait_seconds) AS oldest, avg(workers) AS workers,
              avg(queued_shards) AS queued, avg(cpu_percent) AS cpu, avg(gpu_percent) AS gpu
       FROM taken GROUP BY model, t
     ), last AS (
       SELECT model, date_bin($2 * interval '1 second', at, 'epoch') AS t,
              (array_agg(latency_counts ORDER BY at DESC))[1] AS counts,
              (array_agg(latency_counts ORDER BY at))[1] AS first
       FROM taken WHERE latency_counts IS NOT NULL GROUP BY model, t
     ), grown AS (
       SELECT t, counts, coalesce(lag(counts) OVER (PARTITION BY model ORDER BY t), first) AS before FROM last
     ), latency AS (
       SELECT t, jsonb_object_agg(step, images) AS counts FROM (
         SELECT t, step, sum(images::bigint - coalesce(before ->> step, '0')::bigint)::bigint AS images
         FROM grown, jsonb_each_text(counts) AS counted (step, images) GROUP BY t, step
       ) AS steps WHERE images > 0 GROUP BY t
     )
     SELECT extract(epoch FROM t)::int AS at, sum(succeeded)::float8 AS "succeededPerSecond",
            sum(failed)::float8 AS "failedPerSecond", sum(written)::float8 AS "tokensPerSecond",
            sum(outstanding)::float8 AS "outstandingItems", sum(backlog)::float8 AS "backlogSeconds",
            sum(in_flight)::float8 AS "inFlightItems", max(oldest)::float8 AS "oldestWaitSeconds",
            sum(workers)::float8 AS workers, sum(queued)::float8 AS "queuedShards",
            (${perWorker('cpu')})::float8 AS "cpuPercent", (${perWorker('gpu')})::float8 AS "gpuPercent",
            latency.counts AS latency
     FROM times LEFT JOIN points USING (t) LEFT JOIN latency USING (t) GROUP BY t, latency.counts ORDER BY t`,
    [sampleSeconds, pointSeconds, points, pool ?? null],
  );
}
