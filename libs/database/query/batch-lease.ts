import type { Database, Queryable } from '../database.js';
import { BATCH_COLUMNS, type BatchRecord, type BatchRow } from './batch.js';
import { moveJob } from './move-job.js';

export interface HeldBatch {
  readonly id: string;
  /** Proof of being the newest holder. */
  readonly fence: number;
}

export interface ClaimedBatch extends BatchRecord {
  /** `traceparent` of the request that ordered it. */
  readonly traceParent: string | null;
}

/**
 * Output: a batch that is to be validated or finalized and that nobody holds, now held for `leaseMs`; the
 * one whose tenant has the fewest in work, then the oldest. Undefined when there is none. Errors: those of the connection.
 */
export async function claimBatch(
  db: Queryable,
  leaseMs: number,
): Promise<ClaimedBatch | undefined> {
  const [row] = await db.query<ClaimedBatch & BatchRow>(
    `WITH chosen AS (
       SELECT id AS chosen_id FROM batches AS b
       WHERE state IN ('validating', 'finalizing') AND (lease_until IS NULL OR lease_until < now())
       ORDER BY (SELECT count(*) FROM batches AS other
                 WHERE other.tenant_id = b.tenant_id AND other.lease_until > now()
                   AND other.state IN ('validating', 'finalizing')), id
       LIMIT 1 FOR UPDATE SKIP LOCKED
     ), claimed AS (
       UPDATE batches SET fence = fence + 1, lease_until = now() + $1 * interval '1 millisecond'
       FROM chosen WHERE id = chosen_id RETURNING batches.*
     )
     SELECT ${BATCH_COLUMNS}, batches.trace_parent AS "traceParent" FROM claimed AS batches LEFT JOIN jobs ON jobs.id = batches.job_id`,
    [leaseMs],
  );
  return row;
}

/** Output: whether the lease still is this holder's, now for another `leaseMs`. */
export async function renewBatch(
  db: Queryable,
  held: HeldBatch,
  leaseMs: number,
): Promise<boolean> {
  const rows = await db.query(
    `UPDATE batches SET lease_until = now() + $3 * interval '1 millisecond'
     WHERE id = $1 AND fence = $2 AND state IN ('validating', 'finalizing') RETURNING 1`,
    [held.id, held.fence, leaseMs],
  );
  return rows.length > 0;
}

/** The batch waits `delayMs` for its next holder. Nothing if the lease was lost. */
export async function releaseBatch(db: Queryable, held: HeldBatch, delayMs: number): Promise<void> {
  await db.query(
    `UPDATE batches SET lease_until = now() + $3 * interval '1 millisecond' WHERE id = $1 AND fence = $2`,
    [held.id, held.fence, delayMs],
  );
}

/**
 * Moves batches on whose time is over or whose job has ended, each in a statement of its own: an expired one
 * begins to end, a job of one that is ending is cancelled, one whose job has ended is finalized.
 * Output: how many were moved. Errors: those of the connection; the same call again goes on.
 */
export async function advanceBatches(database: Database): Promise<number> {
  const expired = await database.query(
    `UPDATE batches SET state = 'cancelling', ending = 'expired', fence = fence + 1, lease_until = NULL
     WHERE state IN ('validating', 'in_progress') AND expires_at < now() RETURNING 1`,
  );
  const ending = await database.query<{ tenant_id: string; job_id: string }>(
    `SELECT batches.tenant_id, job_id FROM batches JOIN jobs ON jobs.id = job_id
     WHERE batches.state = 'cancelling' AND jobs.state IN ('queued', 'running', 'paused')`,
  );
  for (const { tenant_id: tenantId, job_id: jobId } of ending) {
    // One that ended meanwhile is just as well.
    await moveJob(database, tenantId, jobId, 'cancel');
  }
  const ended = await database.query(
    `UPDATE batches SET state = 'finalizing', finalizing_at = now(), fence = fence + 1, lease_until = NULL
     WHERE state IN ('in_progress', 'cancelling')
       AND (job_id IS NULL OR EXISTS (
         SELECT 1 FROM jobs WHERE jobs.id = job_id AND jobs.state IN ('completed', 'cancelled')))
     RETURNING 1`,
  );
  return expired.length + ended.length;
}
