import { formatItemRanges, itemCostMs, rangesOf, shardSize } from '#pipeline';
import { AppError, FAILURE_RATE_MIN_ITEMS, type JobQuota, type JobTasks } from '#contracts';
import type { Lane } from '#pipeline';
import { currentTraceParent } from '#telemetry';
import type { Queryable } from '../database.js';
import { requireJobQuota } from './job-quota.js';

export interface NewJob {
  readonly id: string;
  readonly tenantId: string;
  readonly setId: string;
  readonly name: string | null;
  readonly model: string;
  readonly tasks: JobTasks;
  readonly priority: number;
  readonly lane: Lane;
  readonly metadata: Readonly<Record<string, string>>;
  /** Images of the sealed set; items are numbered like them. */
  readonly itemCount: number;
  /** Whether its workers may take answers that are known; default: they may. */
  readonly cache?: boolean;
  /** Only these images of the set, in one shard: a preview, which is in no list. `itemCount` is their number. */
  readonly preview?: readonly number[];
  readonly limits?: NewJobLimits;
  /** Of the tenant. */
  readonly quota: JobQuota;
  /** The job that this one was made from. */
  readonly restartedFrom?: string;
}

/** What ends a job before its last item. */
export interface NewJobLimits {
  readonly maxFailureRate?: number;
  readonly failureRateMinItems?: number;
  /** At most one of the two. */
  readonly deadlineAt?: Date;
  readonly timeoutSeconds?: number;
}

/**
 * Inserts a job and its shards; its items need no rows until they end, so this costs one row per
 * shard however many images there are.
 *
 * Input: an open transaction; the set is sealed and holds `itemCount` images, at least one.
 * Output: the job is `queued`, its shards are `ready`.
 * Errors: `set.no_tasks` when images are to be asked their own tasks and one brought none; those of
 * `requireJobQuota` and of the connection.
 */
export async function planJob(tx: Queryable, job: NewJob): Promise<void> {
  const ownTasks = job.tasks === 'own' ? await meanOwnTasks(tx, job.setId) : null;
  const tasks = job.tasks === 'own' ? [] : job.tasks;
  await tx.query(
    `INSERT INTO jobs (id, tenant_id, set_id, name, model, tasks, priority, lane, state, item_count, metadata, cache, own_tasks, preview,
                       max_failure_rate, failure_rate_min_items, deadline_at, restarted_from, trace_parent)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'queued', $9, $10, $11, $12, $13,
             $14, $15, coalesce($16::timestamptz, now() + $17 * interval '1 second'), $18, $19)`,
    [
      job.id,
      job.tenantId,
      job.setId,
      job.name,
      job.model,
      JSON.stringify(tasks),
      job.priority,
      job.lane,
      job.itemCount,
      JSON.stringify(job.metadata),
      job.cache ?? true,
      ownTasks,
      job.preview !== undefined,
      ...limitValues(job),
      currentTraceParent() ?? null,
    ],
  );
  await requireJobQuota(tx, job.tenantId, job.itemCount, job.quota);
  const costMs = await readItemCost(tx, job.model, ownTasks ?? tasks.length);
  if (job.preview !== undefined) await insertShardOf(tx, job, job.preview, costMs);
  else await insertShards(tx, job, costMs);
}

async function insertShards(tx: Queryable, job: NewJob, costMs: number): Promise<void> {
  await tx.query(
    `INSERT INTO shards (job_id, tenant_id, model, lane, priority, items, remaining, item_cost_ms)
     SELECT $1, $2, $3, $4, $5,
            int4multirange(int4range(first, least(first + $7, $6))),
            least(first + $7, $6) - first,
            $8
     FROM generate_series(0, $6::int - 1, $7::int) AS first`,
    [
      job.id,
      job.tenantId,
      job.model,
      job.lane,
      job.priority,
      job.itemCount,
      shardSize(costMs),
      costMs,
    ],
  );
}

/** However far apart the images are, one worker has them all. */
async function insertShardOf(
  tx: Queryable,
  job: NewJob,
  items: readonly number[],
  costMs: number,
): Promise<void> {
  await tx.query(
    `INSERT INTO shards (job_id, tenant_id, model, lane, priority, items, remaining, item_cost_ms)
     VALUES ($1, $2, $3, $4, $5, $6::int4multirange, $7, $8)`,
    [
      job.id,
      job.tenantId,
      job.model,
      job.lane,
      job.priority,
      formatItemRanges(rangesOf(items)),
      items.length,
      costMs,
    ],
  );
}

const limitValues = ({ limits = {}, restartedFrom }: NewJob): unknown[] => [
  limits.maxFailureRate ?? null,
  limits.failureRateMinItems ?? FAILURE_RATE_MIN_ITEMS,
  limits.deadlineAt ?? null,
  limits.timeoutSeconds ?? null,
  restartedFrom ?? null,
];

/** How many tasks an image of the set brought, on average. */
async function meanOwnTasks(tx: Queryable, setId: string): Promise<number> {
  const [row] = await tx.query<{ mean: number; without: number }>(
    `SELECT avg(jsonb_array_length(tasks))::float8 AS mean,
            count(*) FILTER (WHERE coalesce(jsonb_array_length(tasks), 0) = 0)::int AS without
     FROM images WHERE set_id = $1`,
    [setId],
  );
  if (row!.without === 0) return row!.mean;
  throw new AppError(
    'set.no_tasks',
    `${row!.without} images of the set brought no tasks of their own. Name the tasks of the job instead of \`own\`.`,
  );
}

/** Output: the accelerator time that an item of so many tasks should take, in milliseconds. */
export async function readItemCost(
  db: Queryable,
  modelName: string,
  taskCount: number,
): Promise<number> {
  const [model] = await db.query<{ task_ms: number | null }>(
    'SELECT task_ms FROM models WHERE name = $1',
    [modelName],
  );
  return itemCostMs(model?.task_ms ?? null, taskCount);
}
