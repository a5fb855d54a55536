import { AppError, type JobQuota, type JobState } from '#contracts';
import { shardSize } from '#pipeline';
import { currentTraceParent } from '#telemetry';
import type { Queryable } from '../database.js';
import { requireJobQuota } from './job-quota.js';
import { readItemCost } from './plan-job.js';

/** Which items that have ended are to be done again. */
export interface RetryChoice {
  readonly states: readonly ('failed' | 'cancelled')[];
  /** Only failed ones with one of these codes; undefined: all. */
  readonly errorCodes?: readonly string[];
}

/**
 * Takes back the ends of the chosen items of an ended job and makes shards of them; the job is `queued` again.
 * What the others said stays, and so do answers that an item got before a later run failed: it is asked the rest.
 * Items of a code that took an engine down run alone from the beginning.
 *
 * Input: an open transaction. Output: their number; undefined when the tenant has no such job.
 * Errors: `job.running` before its end, `job.nothing_to_retry`; those of `requireJobQuota`.
 */
export async function retryItems(
  tx: Queryable,
  tenantId: string,
  jobId: string,
  choice: RetryChoice,
  quota: JobQuota,
): Promise<number | undefined> {
  const job = await lockEndedJob(tx, tenantId, jobId);
  if (job === undefined) return undefined;
  const costMs = await readItemCost(tx, job.model, job.task_count);
  const [retried] = await tx.query<{ count: number }>(RETRY, [
    jobId,
    choice.states,
    choice.errorCodes ?? null,
    shardSize(costMs),
    costMs,
    job.task_count,
    currentTraceParent() ?? null,
  ]);
  if (retried === undefined || retried.count === 0) {
    throw new AppError(
      'job.nothing_to_retry',
      'No item of this job ended so. See its item_counts and error_counts.',
    );
  }
  await requireJobQuota(tx, tenantId, retried.count, quota);
  return retried.count;
}

export interface EndedJob extends Record<string, unknown> {
  readonly state: JobState;
  readonly model: string;
  readonly set_id: string;
  readonly has_own_tasks: boolean;
  /** Tasks of one item, or their mean where images bring their own. */
  readonly task_count: number;
  readonly preview: boolean;
}

/** Errors: `job.running`, `set.deleted`. Nobody else writes to a job that has ended, so its row is lock enough. */
export async function lockEndedJob(
  tx: Queryable,
  tenantId: string,
  jobId: string,
): Promise<EndedJob | undefined> {
  const [job] = await tx.query<EndedJob>(
    `SELECT state, model, set_id, preview, own_tasks IS NOT NULL AS has_own_tasks,
            coalesce(own_tasks, jsonb_array_length(tasks)) AS task_count FROM jobs
     WHERE tenant_id = $1 AND id = $2 FOR UPDATE`,
    [tenantId, jobId],
  );
  if (job === undefined) return undefined;
  if (job.state === 'completed' || job.state === 'cancelled') {
    await requireSet(tx, job.set_id);
    return job;
  }
  throw new AppError(
    'job.running',
    `The job has not ended (${job.state}). Wait for its end, or cancel it first.`,
  );
}

/** Nobody deletes it until the transaction ends. */
async function requireSet(tx: Queryable, setId: string): Promise<void> {
  const rows = await tx.query(
    'SELECT 1 FROM image_sets WHERE id = $1 AND deleted_at IS NULL FOR KEY SHARE',
    [setId],
  );
  if (rows.length > 0) return;
  throw new AppError(
    'set.deleted',
    'The image set of this job was deleted with its bytes: nothing of it can be done again.',
  );
}

const CHOSEN = (items: string): string => `${items}.job_id = $1 AND ${items}.state <> 'succeeded'
    AND ${items}.state = ANY($2)
    AND (${items}.state <> 'failed' OR $3::text[] IS NULL OR ${items}.error_code = ANY($3))`;

// An item with answers goes back to what it was when it had got them: its row is of an earlier run than its shard.
const RETRY = `
WITH gone AS (
  DELETE FROM items WHERE ${CHOSEN('items')} AND coalesce(jsonb_array_length(answers), 0) = 0
  RETURNING n, state, coalesce(error_code, 'unknown') AS code, 0 AS answered
), kept AS (
  UPDATE items SET state = 'succeeded', error_code = NULL, error_detail = NULL
  FROM items AS old
  WHERE ${CHOSEN('old')} AND jsonb_array_length(old.answers) > 0
    AND items.job_id = old.job_id AND items.n = old.n
  RETURNING old.n, old.state, coalesce(old.error_code, 'unknown') AS code,
            jsonb_array_length(old.answers) AS answered
), chosen AS (
  SELECT * FROM gone UNION ALL SELECT * FROM kept
), numbered AS (
  SELECT n, answered, code = 'engine.crashed' AS isolated,
         (row_number() OVER (PARTITION BY answered, code = 'engine.crashed' ORDER BY n) - 1) / $4::int AS part
  FROM chosen
), added AS (
  INSERT INTO shards (job_id, tenant_id, model, lane, priority, items, remaining, item_cost_ms, isolated, run, first_task)
  SELECT jobs.id, jobs.tenant_id, jobs.model, jobs.lane, jobs.priority,
         range_agg(int4range(n, n + 1)), count(*), $5::float8 * ($6::float8 - answered) / $6, isolated,
         jobs.run + 1, answered
  FROM numbered, jobs WHERE jobs.id = $1
  GROUP BY jobs.id, isolated, answered, part ORDER BY isolated, answered, part
), counts AS (
  SELECT count(*)::int AS total, coalesce(min(answered), 0) AS first_task,
         count(*) FILTER (WHERE state = 'failed')::int AS failed,
         count(*) FILTER (WHERE state = 'cancelled')::int AS cancelled,
         (SELECT coalesce(jsonb_object_agg(code, -total), '{}')
          FROM (SELECT code, count(*) AS total FROM chosen WHERE state = 'failed' GROUP BY code) AS c) AS codes
  FROM chosen
)
UPDATE jobs SET state = 'queued', started_at = NULL, finished_at = NULL, stop_reason = NULL,
       -- One that has passed would end it at once.
       deadline_at = CASE WHEN jobs.deadline_at > now() THEN jobs.deadline_at END,
       run = jobs.run + 1, first_task = counts.first_task, failed_before = 0,
       failed = jobs.failed - counts.failed, cancelled = jobs.cancelled - counts.cancelled,
       error_counts = summed_counts(jobs.error_counts, counts.codes),
       trace_parent = coalesce($7, jobs.trace_parent)
FROM counts WHERE jobs.id = $1
RETURNING counts.total AS count`;
