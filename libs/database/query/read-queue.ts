import { UNMEASURED_TASK_MS } from '#pipeline';
import type { Queryable } from '../database.js';

/** Open jobs of one tenant, model and priority, taken together. */
export interface WaitingRecord {
  readonly tenantId: string;
  readonly tenantName: string;
  readonly model: string;
  readonly priority: number;
  readonly jobs: number;
  /** Images that have not ended. */
  readonly items: number;
  /** Accelerator time that they need, as measured or, before the first measure, as assumed. */
  readonly seconds: number;
  /** Creation of the oldest job of which no worker has taken anything. */
  readonly waitingSince: Date | null;
}

interface WaitingRow extends WaitingRecord, Record<string, unknown> {}

/**
 * Input: a tenant, or undefined for all; the most groups. Output: what waits and runs by tenant, model and priority, the
 * longest backlog first. Reads one row per open job, none per image. Jobs that are paused wait for nobody.
 * Errors: those of the connection.
 */
export function readWaiting(
  db: Queryable,
  tenantId: string | undefined,
  limit: number,
): Promise<WaitingRecord[]> {
  return db.query<WaitingRow>(
    `SELECT jobs.tenant_id AS "tenantId", tenants.name AS "tenantName", jobs.model, jobs.priority::int,
            count(*)::int AS jobs,
            sum(item_count - succeeded - failed - cancelled)::float8 AS items,
            (sum((item_count - succeeded - failed - cancelled)::bigint * tasks_per_item(jobs))
              * coalesce(models.task_ms, ${UNMEASURED_TASK_MS}) / 1000)::float8 AS seconds,
            min(jobs.created_at) FILTER (WHERE state = 'queued') AS "waitingSince"
     FROM jobs JOIN tenants ON tenants.id = jobs.tenant_id LEFT JOIN models ON models.name = jobs.model
     WHERE state IN ('queued', 'running') AND ($1::uuid IS NULL OR jobs.tenant_id = $1)
     GROUP BY jobs.tenant_id, tenants.name, jobs.model, jobs.priority, models.task_ms
     ORDER BY seconds DESC, jobs.tenant_id, jobs.model, jobs.priority LIMIT $2`,
    [tenantId ?? null, limit],
  );
}

/** Output: images of the tenant's jobs that workers hold. Reads one row per lease of the system. */
export async function countInFlight(db: Queryable, tenantId: string): Promise<number> {
  const [row] = await db.query<{ items: number }>(
    `SELECT coalesce(sum(remaining), 0)::float8 AS items FROM shards
     WHERE state = 'leased' AND tenant_id = $1`,
    [tenantId],
  );
  return row!.items;
}
