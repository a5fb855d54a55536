import { AppError, MOST_TASKS, type JobQuota, type Task } from '#contracts';
import { shardSize } from '#pipeline';
import { currentTraceParent } from '#telemetry';
import type { Queryable } from '../database.js';
import { requireJobQuota } from './job-quota.js';
import { readItemCost, type NewJobLimits } from './plan-job.js';
import { lockEndedJob, type EndedJob } from './retry-items.js';

export interface JobExtension {
  /** At least one; they come behind those that the job has. */
  readonly tasks: readonly Task[];
  /** In place of the job's own where they are named; a deadline of the job's that has passed is taken off. */
  readonly limits?: NewJobLimits;
}

/**
 * Opens an ended job again and makes shards that ask the new tasks of every item that succeeded; the job is `queued`.
 * Items that failed or were cancelled stay as they are: a retry asks them all the tasks. Costs a row per shard and one
 * look into the index of what did not succeed for each; no item is touched before it ends again.
 *
 * Input: an open transaction. Output: how many items are asked; undefined when the tenant has no such job.
 * Errors: `job.running` before its end, `job.own_tasks`, `job.too_many_tasks`, `job.nothing_to_extend`, `set.deleted`;
 * those of `requireJobQuota`.
 */
export async function extendJob(
  tx: Queryable,
  tenantId: string,
  jobId: string,
  { tasks, limits = {} }: JobExtension,
  quota: JobQuota,
): Promise<number | undefined> {
  const job = await lockEndedJob(tx, tenantId, jobId);
  // A preview is swept, and nobody was told its id.
  if (job === undefined || job.preview) return undefined;
  requireRoom(job, tasks.length);
  const costMs = await readItemCost(tx, job.model, tasks.length);
  const [extended] = await tx.query<{ count: number }>(EXTEND, [
    jobId,
    JSON.stringify(tasks),
    shardSize(costMs),
    costMs,
    limits.maxFailureRate ?? null,
    limits.failureRateMinItems ?? null,
    limits.deadlineAt ?? null,
    limits.timeoutSeconds ?? null,
    currentTraceParent() ?? null,
  ]);
  if (extended === undefined) {
    throw new AppError(
      'job.nothing_to_extend',
      'No image of this job succeeded. Retry the failed ones first, or restart the job with all the tasks.',
    );
  }
  await requireJobQuota(tx, tenantId, extended.count, quota);
  return extended.count;
}

function requireRoom(job: EndedJob, more: number): void {
  if (job.has_own_tasks) {
    throw new AppError(
      'job.own_tasks',
      'This job asks each image the tasks that it brought, so it has none to add to. Make a job with the new tasks over the same set.',
    );
  }
  if (job.task_count + more <= MOST_TASKS) return;
  throw new AppError(
    'job.too_many_tasks',
    `A job has at most ${MOST_TASKS} tasks; this one has ${job.task_count}, and ${more} would be added. Make another job over the same set.`,
  );
}

const EXTEND = `
WITH added AS (
  INSERT INTO shards (job_id, tenant_id, model, lane, priority, items, remaining, item_cost_ms, run, first_task)
  SELECT jobs.id, jobs.tenant_id, jobs.model, jobs.lane, jobs.priority, part.items, part.count, $4,
         jobs.run + 1, jsonb_array_length(jobs.tasks)
  FROM jobs
  CROSS JOIN LATERAL (
    SELECT low, least(low + $3::int, jobs.item_count) AS high
    FROM generate_series(0, jobs.item_count - 1, $3::int) AS low) AS cut
  CROSS JOIN LATERAL (
    SELECT int4multirange(int4range(cut.low, cut.high))
             - coalesce(range_agg(int4range(n, n + 1)), '{}'::int4multirange) AS items,
           cut.high - cut.low - count(*)::int AS count
    FROM items
    WHERE items.job_id = jobs.id AND items.n >= cut.low AND items.n < cut.high AND items.state <> 'succeeded') AS part
  WHERE jobs.id = $1 AND part.count > 0
  ORDER BY cut.low
  RETURNING remaining
), counts AS (
  SELECT coalesce(sum(remaining), 0)::int AS total FROM added
)
UPDATE jobs SET state = 'queued', started_at = NULL, finished_at = NULL, stop_reason = NULL,
       tasks = jobs.tasks || $2::jsonb, run = jobs.run + 1, first_task = jsonb_array_length(jobs.tasks),
       succeeded = 0, latency_counts = '{}', failed_before = jobs.failed, trace_parent = coalesce($9, jobs.trace_parent),
       max_failure_rate = coalesce($5, jobs.max_failure_rate),
       failure_rate_min_items = coalesce($6, jobs.failure_rate_min_items),
       -- One that has passed would end it at once.
       deadline_at = coalesce($7::timestamptz, now() + $8 * interval '1 second',
                              CASE WHEN jobs.deadline_at > now() THEN jobs.deadline_at END)
FROM counts WHERE jobs.id = $1 AND counts.total > 0
RETURNING counts.total AS count`;
