import type { JobState } from '#contracts';
import type { Database, Queryable } from '../database.js';

/** Shards per statement, which keeps the job's row from its commits for as long as it takes. */
const STEP = 1_000;

/** A job whose shards may not be where its state wants them. */
export interface UnsettledJob {
  readonly id: string;
  readonly state: JobState;
  /** Its last pause, as Postgres writes it. */
  readonly heldSince: string;
}

/** Output: paused jobs with shards that could still be fed, and jobs that went on with shards still held; some at a time. */
export function listUnsettled(db: Queryable): Promise<UnsettledJob[]> {
  return db.query<UnsettledJob & Record<string, unknown>>(
    `SELECT id, state, held_since::text AS "heldSince" FROM jobs
     WHERE held_since IS NOT NULL AND state <> 'cancelling'
       AND (state <> 'paused' OR EXISTS (
         SELECT 1 FROM shards WHERE job_id = jobs.id AND state IN ('ready', 'dispatched')))
     ORDER BY id LIMIT 100`,
  );
}

/**
 * Holds the waiting shards of a paused job, or frees those of one that goes on.
 *
 * Nothing depends on how soon this happens: no shard of a paused job can be claimed. Holding only keeps the
 * feed from offering them. Errors: those of the connection; the same call again goes on.
 */
export async function settleShards(database: Database, job: UnsettledJob): Promise<void> {
  const move = job.state === 'paused' ? HOLD : FREE;
  while ((await database.query(move, [job.id])).length === STEP) {
    // Bounded steps; the next one goes on where this one ended.
  }
  if (job.state === 'paused') return;
  // Unless it was paused again meanwhile: then there is more to do.
  await database.query(
    `UPDATE jobs SET held_since = NULL
     WHERE id = $1 AND held_since = $2::timestamptz AND state NOT IN ('paused', 'cancelling')
       AND NOT EXISTS (SELECT 1 FROM shards WHERE job_id = jobs.id AND state = 'held')`,
    [job.id, job.heldSince],
  );
}

/**
 * The job's row is locked first, against the order of all other statements, so that no shard is held of a job
 * that was just resumed. Nobody can be made to wait in a circle: shards that somebody has are skipped.
 */
const settle = (jobStates: string, from: string, to: string): string => `
WITH job AS (
  SELECT id FROM jobs WHERE id = $1 AND state IN (${jobStates}) FOR SHARE
), few AS (
  SELECT shards.id FROM job JOIN shards ON shards.job_id = job.id
  WHERE shards.state IN (${from}) LIMIT ${STEP} FOR UPDATE OF shards SKIP LOCKED
)
UPDATE shards SET state = '${to}' FROM few WHERE shards.id = few.id RETURNING 1`;

const HOLD = settle(`'paused'`, `'ready', 'dispatched'`, 'held');
const FREE = settle(`'queued', 'running'`, `'held'`, 'ready');
