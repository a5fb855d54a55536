import type { Database, Queryable } from '../database.js';

/** Shards per statement: a step stays short at any size of job. */
const STEP = 64;

/**
 * Ends the shards of a cancelling job that no worker holds, a bounded number per call.
 *
 * Output: true when nothing of the job is left to cancel but what workers hold.
 * Errors: those of the connection; the same call again goes on.
 */
export async function cancelWaitingShards(database: Database, jobId: string): Promise<boolean> {
  const shards = await database.query<{ id: string }>(
    `SELECT id::text FROM shards WHERE job_id = $1 AND state IN ('ready', 'held', 'dispatched') LIMIT ${STEP}`,
    [jobId],
  );
  for (const { id } of shards) {
    await database.query(CANCEL_SHARD, [id, null]);
  }
  return shards.length < STEP;
}

/**
 * Input: a lease on a shard of a cancelling job. Output: what it had not done ends as cancelled.
 * Nothing if the lease was lost.
 */
export async function cancelLeasedShard(
  db: Queryable,
  held: { readonly shardId: string; readonly fence: number },
): Promise<void> {
  await db.query(CANCEL_SHARD, [held.shardId, held.fence]);
}

/** Output: jobs that wait for the dispatcher to end their shards. */
export async function listCancelling(db: Queryable): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    `SELECT id FROM jobs WHERE state = 'cancelling' ORDER BY id LIMIT 100`,
  );
  return rows.map((row) => row.id);
}

// $2 null: only a shard that nobody holds. Same lock order as the commit: shard, then job.
const CANCEL_SHARD = `
WITH held AS (
  SELECT shards.id, shards.job_id, shards.items, shards.run FROM shards JOIN jobs ON jobs.id = shards.job_id
  WHERE shards.id = $1 AND jobs.state = 'cancelling'
    AND CASE WHEN $2::int IS NULL THEN shards.state IN ('ready', 'held', 'dispatched')
             ELSE shards.state = 'leased' AND shards.fence = $2 END
  FOR UPDATE OF shards
), ended AS (
  INSERT INTO items (job_id, n, state, attempts, run)
  SELECT held.job_id, n, 'cancelled', 0, held.run
  FROM held, unnest(held.items) AS range, generate_series(lower(range), upper(range) - 1) AS n
  ON CONFLICT (job_id, n) DO UPDATE
    SET state = 'cancelled', run = excluded.run, finished_at = excluded.finished_at
    WHERE items.run < excluded.run
  RETURNING 1
), counts AS (
  SELECT count(*)::int AS total FROM ended
), shard AS (
  UPDATE shards SET state = 'cancelled', remaining = remaining - counts.total
  FROM held, counts WHERE shards.id = held.id RETURNING shards.id
)
UPDATE jobs SET cancelled = jobs.cancelled + counts.total,
       state = CASE WHEN jobs.succeeded + jobs.failed + jobs.cancelled + counts.total = jobs.item_count
                    THEN CASE WHEN jobs.stop_reason IS NULL THEN 'cancelled' ELSE 'completed' END
                    ELSE jobs.state END,
       finished_at = CASE WHEN jobs.succeeded + jobs.failed + jobs.cancelled + counts.total = jobs.item_count
                          THEN now() END
FROM held, counts, shard WHERE jobs.id = held.job_id`;
