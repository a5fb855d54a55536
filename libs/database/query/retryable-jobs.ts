import type { Queryable } from '../database.js';
import { JOB_FILTER, jobFilterValues, type JobFilterInput } from './job-filter.js';
import type { RetryChoice } from './retry-items.js';

export interface RetryableJobs {
  /** All of them, however many were asked for. */
  readonly count: number;
  /** What a retry of all of them would do again. */
  readonly itemCount: number;
  /** Newest first. */
  readonly newest: readonly string[];
}

/**
 * The ended jobs that a filter names and that have items of the choice, by their counters: no item is read.
 * Input: `before`: only jobs older than this one; `limit`: how many ids. Errors: those of the connection.
 */
export async function findRetryableJobs(
  db: Queryable,
  tenantId: string,
  filter: JobFilterInput,
  { states, errorCodes }: RetryChoice,
  { before, limit }: { readonly before?: string; readonly limit: number },
): Promise<RetryableJobs> {
  const [row] = await db.query<{ count: number; item_count: number; newest: string[] }>(
    `WITH counted AS (
       SELECT jobs.id,
              CASE WHEN NOT 'failed' = ANY($2::text[]) THEN 0
                   WHEN $3::text[] IS NULL THEN jobs.failed
                   ELSE (SELECT coalesce(sum(of_code.count::int), 0)
                         FROM jsonb_each_text(jobs.error_counts) AS of_code (code, count)
                         WHERE of_code.code = ANY($3)) END
              + CASE WHEN 'cancelled' = ANY($2) THEN jobs.cancelled ELSE 0 END AS items
       FROM jobs JOIN image_sets ON image_sets.id = jobs.set_id
       WHERE jobs.tenant_id = $1 AND jobs.state IN ('completed', 'cancelled')
         AND image_sets.deleted_at IS NULL AND ($4::uuid IS NULL OR jobs.id < $4) AND ${JOB_FILTER(6)}
     ), found AS (SELECT id, items FROM counted WHERE items > 0)
     SELECT (SELECT count(*)::int FROM found) AS count,
            (SELECT coalesce(sum(items), 0)::float8 FROM found) AS item_count,
            ARRAY(SELECT id FROM found ORDER BY id DESC LIMIT $5) AS newest`,
    [tenantId, states, errorCodes ?? null, before ?? null, limit, ...jobFilterValues(filter)],
  );
  return { count: row!.count, itemCount: row!.item_count, newest: row!.newest };
}
