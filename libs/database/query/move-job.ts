import { AppError, type JobState } from '#contracts';
import type { Queryable } from '../database.js';
import { JOB_FILTER, jobFilterValues, type JobFilterInput } from './job-filter.js';

/** What a client may do to a job that has not ended. */
export type JobMove = 'cancel' | 'pause' | 'resume';

interface MoveRule {
  readonly from: readonly JobState[];
  /** States in which there is nothing left to do: asking twice is asking once. */
  readonly already: readonly JobState[];
  readonly change: string;
}

/**
 *   cancel   queued | running | paused -> cancelling   its waiting shards end soon, leased ones at their next commit or heartbeat
 *   pause    queued | running -> paused                no shard is claimed from now on; leased ones are given back
 *   resume   paused -> queued | running
 */
const MOVES: Readonly<Record<JobMove, MoveRule>> = {
  cancel: {
    from: ['queued', 'running', 'paused'],
    already: ['cancelling', 'completed', 'cancelled'],
    change: `state = 'cancelling'`,
  },
  pause: {
    from: ['queued', 'running'],
    already: ['paused'],
    change: `state = 'paused', held_since = clock_timestamp()`,
  },
  resume: {
    from: ['paused'],
    already: ['queued', 'running'],
    change: `state = CASE WHEN started_at IS NULL THEN 'queued' ELSE 'running' END`,
  },
};

/**
 * Input: a job of the tenant. Output: its state after the call; undefined when the tenant has no such job.
 * Errors: `job.ended`, `job.cancelling` when the move makes no sense any more.
 */
export async function moveJob(
  db: Queryable,
  tenantId: string,
  jobId: string,
  move: JobMove,
): Promise<JobState | undefined> {
  const { from, already, change } = MOVES[move];
  const [moved] = await db.query<{ state: JobState }>(
    `UPDATE jobs SET ${change} WHERE tenant_id = $1 AND id = $2 AND state = ANY($3) RETURNING state`,
    [tenantId, jobId, from],
  );
  if (moved !== undefined) return moved.state;
  const [job] = await db.query<{ state: JobState }>(
    'SELECT state FROM jobs WHERE tenant_id = $1 AND id = $2',
    [tenantId, jobId],
  );
  if (job === undefined || already.includes(job.state)) return job?.state;
  // It changed between the two statements: the same again.
  if (from.includes(job.state)) return moveJob(db, tenantId, jobId, move);
  throw tooLate(job.state, move);
}

function tooLate(state: JobState, move: JobMove): AppError {
  return state === 'cancelling'
    ? new AppError('job.cancelling', `The job is being cancelled, so there is nothing to ${move}.`)
    : new AppError('job.ended', `The job has ended (${state}), so there is nothing to ${move}.`);
}

/**
 * What `moveJobs` would move now. Output: how many jobs in all, and the newest of them, `limit` at most.
 * Errors: those of the connection.
 */
export async function findMovableJobs(
  db: Queryable,
  tenantId: string,
  filter: JobFilterInput,
  move: JobMove,
  limit: number,
): Promise<{ readonly count: number; readonly newest: readonly string[] }> {
  const [row] = await db.query<{ count: number; newest: string[] }>(
    `WITH found AS (
       SELECT id FROM jobs WHERE tenant_id = $1 AND state = ANY($2) AND ${JOB_FILTER(4)}
     )
     SELECT (SELECT count(*)::int FROM found) AS count,
            ARRAY(SELECT id FROM found ORDER BY id DESC LIMIT $3) AS newest`,
    [tenantId, MOVES[move].from, limit, ...jobFilterValues(filter)],
  );
  return row!;
}

/**
 * Moves the newest jobs that the filter names and that can make the move, `limit` at most.
 *
 * Output: their ids; as many as `limit` when there may be more: what was moved is not met again, so the same
 * call goes on. Errors: those of the connection.
 */
export async function moveJobs(
  db: Queryable,
  tenantId: string,
  filter: JobFilterInput,
  move: JobMove,
  limit: number,
): Promise<string[]> {
  const { from, change } = MOVES[move];
  const rows = await db.query<{ id: string }>(
    `WITH chosen AS (
       SELECT id AS chosen_id FROM jobs
       WHERE tenant_id = $1 AND state = ANY($2) AND ${JOB_FILTER(4)}
       ORDER BY id DESC LIMIT $3 FOR UPDATE
     )
     UPDATE jobs SET ${change} FROM chosen WHERE jobs.id = chosen_id RETURNING jobs.id`,
    [tenantId, from, limit, ...jobFilterValues(filter)],
  );
  return rows.map((row) => row.id);
}
