import type { Queryable } from '../database.js';
import { SERVES } from './worker.js';

export interface ModelRecord {
  readonly name: string;
  readonly family: string;
  readonly imageSize: number;
  readonly note: string | null;
  /** Workers that serve it and were seen lately. */
  readonly workers: number;
  /** Made for this tenant alone. */
  readonly isOwn: boolean;
  /** Of the worker that registered last. */
  readonly revision: string | null;
  /** Accelerator time per image and task, milliseconds; null before the first commit. */
  readonly taskMs: number | null;
}

interface ModelRow extends Record<string, unknown> {
  name: string;
  family: string;
  image_size: number;
  note: string | null;
  workers: number;
  is_own: boolean;
  revision: string | null;
  task_ms: number | null;
}

/**
 * Output: every model that the tenant may use: its own, and those that belong to nobody. By name, after `after`
 * if given, `limit` at most.
 */
export async function listModels(
  db: Queryable,
  tenantId: string,
  page: { limit: number; after?: string },
): Promise<ModelRecord[]> {
  const rows = await db.query<ModelRow>(
    `SELECT name, family, image_size, note, tenant_id IS NOT NULL AS is_own, revision, task_ms,
            (SELECT count(*)::int FROM workers
             WHERE workers.model = models.name AND ${SERVES}) AS workers
     FROM models
     WHERE (tenant_id IS NULL OR tenant_id = $3) AND ($1::text IS NULL OR name > $1)
     ORDER BY name LIMIT $2`,
    [page.after ?? null, page.limit, tenantId],
  );
  return rows.map((row) => ({
    name: row.name,
    family: row.family,
    imageSize: row.image_size,
    note: row.note,
    workers: row.workers,
    isOwn: row.is_own,
    revision: row.revision,
    taskMs: row.task_ms,
  }));
}
