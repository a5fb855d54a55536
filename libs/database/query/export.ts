import type { ExportFormatName, ExportState } from '#contracts';
import { currentTraceParent } from '#telemetry';
import type { Queryable } from '../database.js';
import { lockTenant } from './tenant.js';

export interface ExportRecord {
  readonly id: string;
  readonly tenantId: string;
  readonly jobId: string;
  readonly format: ExportFormatName;
  readonly partial: boolean;
  /** As s3://bucket/key. */
  readonly object: string;
  readonly state: ExportState;
  readonly itemsTotal: number;
  readonly itemsRead: number;
  readonly bytes: number;
  readonly sha256: string | null;
  readonly error: { readonly code: string; readonly detail: string } | null;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
}

/** How to get into the bucket. The credentials are sealed, and gone when the export has ended. */
export interface ExportBucket {
  readonly region: string;
  readonly endpoint: string | null;
  readonly credentials: string;
}

export const EXPORT_COLUMNS = `id, tenant_id AS "tenantId", job_id AS "jobId", format, partial, object, state,
  items_total AS "itemsTotal", items_read AS "itemsRead", bytes::float8 AS bytes, sha256, error,
  created_at AS "createdAt", started_at AS "startedAt", finished_at AS "finishedAt"`;

type Row = ExportRecord & Record<string, unknown>;

export interface ExportOrder extends Pick<
  ExportRecord,
  'id' | 'tenantId' | 'jobId' | 'format' | 'partial' | 'object' | 'itemsTotal'
> {
  readonly bucket: ExportBucket;
}

/** Output: a queued export; undefined while another of the tenant writes the same object. */
export async function createExport(
  db: Queryable,
  order: ExportOrder,
): Promise<ExportRecord | undefined> {
  const [row] = await db.query<Row>(
    `INSERT INTO exports (id, tenant_id, job_id, format, partial, object, items_total, bucket, trace_parent)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING RETURNING ${EXPORT_COLUMNS}`,
    [
      order.id,
      order.tenantId,
      order.jobId,
      order.format,
      order.partial,
      order.object,
      order.itemsTotal,
      JSON.stringify(order.bucket),
      currentTraceParent() ?? null,
    ],
  );
  return row;
}

/**
 * How many exports of a tenant have not ended. Input for an exact answer: an open transaction; those of one tenant
 * pass one after the other, for its row is locked.
 */
export async function countUnfinishedExports(tx: Queryable, tenantId: string): Promise<number> {
  await lockTenant(tx, tenantId);
  const [row] = await tx.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM exports
     WHERE tenant_id = $1 AND state IN ('queued', 'running', 'cancelling')`,
    [tenantId],
  );
  return row?.count ?? 0;
}

/** Output: undefined when the tenant has no such export. */
export async function findExport(
  db: Queryable,
  tenantId: string,
  id: string,
): Promise<ExportRecord | undefined> {
  const [row] = await db.query<Row>(
    `SELECT ${EXPORT_COLUMNS} FROM exports WHERE tenant_id = $1 AND id = $2`,
    [tenantId, id],
  );
  return row;
}

/** Input: a job of the tenant; ids older than `before` only. Output: newest first, `limit` at most. */
export function listExports(
  db: Queryable,
  jobId: string,
  page: { limit: number; before?: string },
): Promise<ExportRecord[]> {
  return db.query<Row>(
    `SELECT ${EXPORT_COLUMNS} FROM exports WHERE job_id = $1 AND ($2::uuid IS NULL OR id < $2)
     ORDER BY id DESC LIMIT $3`,
    [jobId, page.before ?? null, page.limit],
  );
}

/**
 * Output: false when it had ended. One that nobody has begun is cancelled at once; else its holder, or the next
 * one, takes back what it has begun in the bucket, for which it needs the credentials.
 */
export async function cancelExport(db: Queryable, id: string): Promise<boolean> {
  const rows = await db.query(
    `UPDATE exports SET state = CASE state WHEN 'queued' THEN 'cancelled' ELSE 'cancelling' END,
       finished_at = CASE state WHEN 'queued' THEN now() END
     WHERE id = $1 AND state IN ('queued', 'running', 'cancelling') RETURNING 1`,
    [id],
  );
  return rows.length > 0;
}
