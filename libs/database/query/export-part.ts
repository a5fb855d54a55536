import type { Queryable } from '../database.js';
import type { HeldExport } from './export-lease.js';

type Held = Pick<HeldExport, 'id' | 'fence'>;
const IS_OURS = `id = $1 AND fence = $2 AND state IN ('running', 'cancelling')`;

export interface ExportPart {
  /** From 1. */
  readonly n: number;
  /** Lower-case hex. */
  readonly sha256: string;
  readonly etag: string;
}

/** Output: the parts that the bucket has, by number. */
export function listExportParts(db: Queryable, exportId: string): Promise<ExportPart[]> {
  return db.query<ExportPart & Record<string, unknown>>(
    `SELECT n, encode(sha256, 'hex') AS sha256, etag FROM export_parts WHERE export_id = $1 ORDER BY n`,
    [exportId],
  );
}

/**
 * Input: the multipart upload that was opened; null when it is no longer there. Its parts are forgotten.
 * Output: false when the lease was lost.
 */
export async function setExportUpload(
  tx: Queryable,
  held: Held,
  uploadId: string | null,
): Promise<boolean> {
  const rows = await tx.query(
    `UPDATE exports SET upload_id = $3, bytes = 0 WHERE ${IS_OURS} RETURNING 1`,
    [held.id, held.fence, uploadId],
  );
  if (rows.length === 0) return false;
  await tx.query('DELETE FROM export_parts WHERE export_id = $1', [held.id]);
  return true;
}

/** Input: a part that the bucket has; bytes up to its end. Output: false when the lease was lost. */
export async function recordExportPart(
  db: Queryable,
  held: Held,
  { n, sha256, etag, bytes }: ExportPart & { readonly bytes: number },
): Promise<boolean> {
  const rows = await db.query(
    `WITH ours AS (UPDATE exports SET bytes = $6 WHERE ${IS_OURS} RETURNING id)
     INSERT INTO export_parts (export_id, n, sha256, etag) SELECT id, $3, decode($4, 'hex'), $5 FROM ours
     ON CONFLICT (export_id, n) DO UPDATE SET sha256 = excluded.sha256, etag = excluded.etag RETURNING 1`,
    [held.id, held.fence, n, sha256, etag, bytes],
  );
  return rows.length > 0;
}

/** The object is whole, so no upload of it is open. Output: false when the lease was lost. */
export async function recordExportObject(
  db: Queryable,
  held: Held,
  whole: { readonly bytes: number; readonly sha256: string; readonly itemsRead: number },
): Promise<boolean> {
  const rows = await db.query(
    `UPDATE exports SET bytes = $3, sha256 = $4, items_read = $5, upload_id = NULL
     WHERE ${IS_OURS} RETURNING 1`,
    [held.id, held.fence, whole.bytes, whole.sha256, whole.itemsRead],
  );
  return rows.length > 0;
}

/** Output: the multipart upload that is open in the bucket, if any. */
export async function findExportUpload(db: Queryable, held: Held): Promise<string | undefined> {
  const [row] = await db.query<{ upload_id: string | null }>(
    `SELECT upload_id FROM exports WHERE id = $1 AND fence = $2`,
    [held.id, held.fence],
  );
  return row?.upload_id ?? undefined;
}
