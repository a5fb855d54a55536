import type { JobState, JobTasks, StopReason, Task } from '#contracts';
import type { Queryable } from '../database.js';
import { joinedQuery } from '../joined.js';
import { JOB_FILTER, jobFilterValues, type JobFilterInput } from './job-filter.js';

export interface JobRecord {
  readonly id: string;
  readonly setId: string;
  readonly name: string | null;
  readonly model: string;
  readonly tasks: JobTasks;
  readonly priority: number;
  readonly state: JobState;
  readonly itemCount: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly cache: boolean;
  readonly errorCounts: Readonly<Record<string, number>>;
  readonly maxFailureRate: number | null;
  readonly failureRateMinItems: number;
  readonly deadlineAt: Date | null;
  readonly stopReason: StopReason | null;
  readonly restartedFrom: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
}

interface JobRow extends Record<string, unknown> {
  id: string;
  set_id: string;
  name: string | null;
  model: string;
  tasks: Task[];
  own_tasks: number | null;
  priority: number;
  state: JobState;
  item_count: number;
  succeeded: number;
  failed: number;
  cancelled: number;
  cache: boolean;
  error_counts: Record<string, number>;
  max_failure_rate: number | null;
  failure_rate_min_items: number;
  deadline_at: Date | null;
  stop_reason: StopReason | null;
  restarted_from: string | null;
  metadata: Record<string, string>;
  created_at: Date;
  started_at: Date | null;
  finished_at: Date | null;
}

const COLUMNS = `id, set_id, name, model, tasks, own_tasks, priority, state, item_count, succeeded, failed,
  cancelled, error_counts, cache, max_failure_rate, failure_rate_min_items, deadline_at, stop_reason, restarted_from,
  metadata, created_at, started_at, finished_at`;

/** Output: the job in one row, whatever its size; undefined when the tenant has no such job. */
export async function findJob(
  db: Queryable,
  tenantId: string,
  id: string,
): Promise<JobRecord | undefined> {
  const [row] = await db.query<JobRow>(
    `SELECT ${COLUMNS} FROM jobs WHERE tenant_id = $1 AND id = $2`,
    [tenantId, id],
  );
  return row && toRecord(row);
}

interface AskedJob {
  readonly tenantId: string;
  readonly id: string;
}

const askedKey = ({ tenantId, id }: AskedJob): string => `${tenantId} ${id}`;

async function findJobs(
  db: Queryable,
  asked: readonly AskedJob[],
): Promise<Map<string, JobRecord>> {
  const rows = await db.query<JobRow & { tenant_id: string }>(
    `SELECT tenant_id, ${COLUMNS} FROM jobs
     WHERE (tenant_id, id) IN (SELECT * FROM unnest($1::uuid[], $2::uuid[]))`,
    [asked.map(({ tenantId }) => tenantId), asked.map(({ id }) => id)],
  );
  return new Map(
    rows.map((row) => [askedKey({ tenantId: row.tenant_id, id: row.id }), toRecord(row)]),
  );
}

/**
 * As `findJob`, but what is polled at the same moment is one statement, and one job polled by many is one row of it:
 * all of them get the same object. Input: not a transaction.
 */
export const pollJob = joinedQuery(askedKey, findJobs);

/** Output: those of the jobs that are there, of whatever tenant: the caller knows whose they are. */
export async function findJobsById(db: Queryable, ids: readonly string[]): Promise<JobRecord[]> {
  const rows = await db.query<JobRow>(`SELECT ${COLUMNS} FROM jobs WHERE id = ANY ($1::uuid[])`, [
    ids,
  ]);
  return rows.map(toRecord);
}

/** Input: ids older than `before` only, and a filter. Output: the tenant's jobs, newest first, `limit` at most. */
export async function listJobs(
  db: Queryable,
  tenantId: string,
  page: { limit: number; before?: string; filter?: JobFilterInput },
): Promise<JobRecord[]> {
  const rows = await db.query<JobRow>(
    `SELECT ${COLUMNS} FROM jobs
     WHERE tenant_id = $1 AND ($2::uuid IS NULL OR id < $2) AND ${JOB_FILTER(4)}
     ORDER BY id DESC LIMIT $3`,
    [tenantId, page.before ?? null, page.limit, ...jobFilterValues(page.filter ?? {})],
  );
  return rows.map(toRecord);
}

function toRecord(row: JobRow): JobRecord {
  return {
    id: row.id,
    setId: row.set_id,
    name: row.name,
    model: row.model,
    tasks: row.own_tasks === null ? row.tasks : 'own',
    priority: row.priority,
    state: row.state,
    itemCount: row.item_count,
    succeeded: row.succeeded,
    failed: row.failed,
    cancelled: row.cancelled,
    cache: row.cache,
    errorCounts: row.error_counts,
    maxFailureRate: row.max_failure_rate,
    failureRateMinItems: row.failure_rate_min_items,
    deadlineAt: row.deadline_at,
    stopReason: row.stop_reason,
    restartedFrom: row.restarted_from,
    metadata: row.metadata,
    createdAt: row.created_at,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
  };
}
