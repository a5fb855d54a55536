import type { Queryable } from '../database.js';
import { SERVES } from './worker.js';

/** Steps of time in which samples are kept, seconds, and for how long. Longer than a chart shows: a rate needs the sample before its first. */
export const SAMPLE_STEPS = [
  { seconds: 10, keptFor: '65 minutes' },
  { seconds: 60, keptFor: '25 hours' },
] as const;

const FINEST_SECONDS = SAMPLE_STEPS[0].seconds;

/** A pool as its dispatcher sees it now. */
export interface PoolSample {
  readonly model: string;
  readonly outstandingItems: number;
  readonly outstandingSeconds: number;
  readonly inFlightItems: number;
  readonly oldestWaitSeconds: number | null;
  readonly workers: number;
  /** Null while the queue does not answer. */
  readonly queuedShards: number | null;
}

/** Output: whether somebody has sampled in this bucket of time already. One index probe. */
export async function isSampled(db: Queryable): Promise<boolean> {
  const [row] = await db.query<{ sampled: boolean }>(
    `SELECT EXISTS (
       SELECT 1 FROM samples
       WHERE step_seconds = $1 AND at = date_bin($1 * interval '1 second', now(), 'epoch')
     ) AS sampled`,
    [FINEST_SECONDS],
  );
  return row!.sampled;
}

/**
 * Input: all pools that are watched. Output: a row each for the buckets of now, with what their workers say; nothing
 * for a bucket that has one, whoever wrote it. Errors: those of the connection.
 */
export async function saveSamples(db: Queryable, pools: readonly PoolSample[]): Promise<void> {
  await db.query(
    `INSERT INTO samples (step_seconds, at, model, outstanding_items, backlog_seconds, in_flight_items,
       oldest_wait_seconds, workers, queued_shards, items_succeeded, items_failed, tokens, latency_counts, cpu_percent, gpu_percent)
     SELECT step, date_bin(step * interval '1 second', now(), 'epoch'), models.name, pool."outstandingItems",
       pool."outstandingSeconds", pool."inFlightItems", coalesce(pool."oldestWaitSeconds", 0), pool.workers,
       pool."queuedShards", items_succeeded, items_failed, tokens, latency_counts, said.cpu, said.gpu
     FROM jsonb_to_recordset($1) AS pool (model text, "outstandingItems" bigint, "outstandingSeconds" float8,
            "inFlightItems" bigint, "oldestWaitSeconds" float8, workers integer, "queuedShards" integer)
       JOIN models ON models.name = pool.model
       CROSS JOIN LATERAL (
         SELECT avg((report ->> 'cpu_percent')::float8) AS cpu, avg((report -> 'gpu' ->> 'percent')::float8) AS gpu
         FROM workers WHERE workers.model = pool.model AND ${SERVES}
       ) AS said
       CROSS JOIN unnest($2::smallint[]) AS step
     ON CONFLICT DO NOTHING`,
    [JSON.stringify(pools), SAMPLE_STEPS.map(({ seconds }) => seconds)],
  );
}

/** Output: samples that no chart shows any more are gone. */
export async function forgetOldSamples(db: Queryable): Promise<void> {
  for (const { seconds, keptFor } of SAMPLE_STEPS) {
    await db.query(
      `DELETE FROM samples WHERE step_seconds = $1 AND at < now() - interval '${keptFor}'`,
      [seconds],
    );
  }
}
