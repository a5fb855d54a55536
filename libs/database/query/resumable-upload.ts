import type { UploadState } from '#contracts';
import { currentTraceParent } from '#telemetry';
import type { Queryable } from '../database.js';

export interface UploadRecord {
  readonly id: string;
  readonly tenantId: string;
  readonly setId: string;
  readonly name: string;
  readonly bytes: number;
  readonly partBytes: number;
  /** Lower-case hex; null when its owner does not know it. */
  readonly sha256: string | null;
  readonly secret: Buffer;
  readonly state: UploadState;
  readonly counts: UploadCounts | null;
  readonly error: { readonly code: string; readonly detail: string } | null;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly finishedAt: Date | null;
}

export interface UploadCounts {
  readonly accepted: number;
  readonly duplicate: number;
  readonly refused: number;
}

export interface UploadRow extends Record<string, unknown> {
  id: string;
  tenant_id: string;
  set_id: string;
  name: string;
  bytes: string;
  part_bytes: string;
  sha256: string | null;
  secret: Buffer;
  state: UploadState;
  counts: UploadCounts | null;
  error: { code: string; detail: string } | null;
  created_at: Date;
  expires_at: Date;
  finished_at: Date | null;
}

export const UPLOAD_COLUMNS = `id, tenant_id, set_id, name, bytes::text, part_bytes::text,
  encode(sha256, 'hex') AS sha256, secret, state, counts, error, created_at, expires_at, finished_at`;

export const toUploadRecord = (row: UploadRow): UploadRecord => ({
  id: row.id,
  tenantId: row.tenant_id,
  setId: row.set_id,
  name: row.name,
  bytes: Number(row.bytes),
  partBytes: Number(row.part_bytes),
  sha256: row.sha256,
  secret: row.secret,
  state: row.state,
  counts: row.counts,
  error: row.error,
  createdAt: row.created_at,
  expiresAt: row.expires_at,
  finishedAt: row.finished_at,
});

export interface NewUpload {
  readonly id: string;
  readonly tenantId: string;
  readonly setId: string;
  readonly name: string;
  readonly bytes: number;
  readonly partBytes: number;
  readonly sha256: string | undefined;
  readonly secret: Buffer;
  readonly lifetimeMs: number;
}

/** Input: a transaction that holds the set open. Output: an open upload without parts. */
export async function createUpload(tx: Queryable, upload: NewUpload): Promise<UploadRecord> {
  const [row] = await tx.query<UploadRow>(
    `INSERT INTO uploads (id, tenant_id, set_id, name, bytes, part_bytes, sha256, secret, expires_at, trace_parent)
     VALUES ($1, $2, $3, $4, $5, $6, decode($7, 'hex'), $8, now() + $9 * interval '1 millisecond', $10)
     RETURNING ${UPLOAD_COLUMNS}`,
    [
      upload.id,
      upload.tenantId,
      upload.setId,
      upload.name,
      upload.bytes,
      upload.partBytes,
      upload.sha256 ?? null,
      upload.secret,
      upload.lifetimeMs,
      currentTraceParent() ?? null,
    ],
  );
  return toUploadRecord(row!);
}

/** Input: a tenant, or nobody where a signature stands for one. Output: undefined when there is none. */
export async function findUpload(
  db: Queryable,
  tenantId: string | undefined,
  id: string,
  options: { lock?: boolean } = {},
): Promise<UploadRecord | undefined> {
  const [row] = await db.query<UploadRow>(
    `SELECT ${UPLOAD_COLUMNS} FROM uploads WHERE id = $1 AND ($2::uuid IS NULL OR tenant_id = $2)
     ${options.lock ? 'FOR UPDATE' : ''}`,
    [id, tenantId ?? null],
  );
  return row && toUploadRecord(row);
}

/** Output: how many uploads of the tenant are open. */
export async function countOpenUploads(db: Queryable, tenantId: string): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM uploads WHERE tenant_id = $1 AND state = 'open'`,
    [tenantId],
  );
  return row?.count ?? 0;
}

/** Output: bytes of the tenant's uploads that are no images yet. */
export async function countUploadingBytes(db: Queryable, tenantId: string): Promise<number> {
  const [row] = await db.query<{ bytes: number }>(
    `SELECT coalesce(sum(bytes), 0)::float8 AS bytes FROM uploads
     WHERE tenant_id = $1 AND state IN ('open', 'assembling')`,
    [tenantId],
  );
  return row?.bytes ?? 0;
}

export interface AnnouncedPart {
  readonly n: number;
  /** Base64. */
  readonly md5: string;
}

/**
 * Says what parts are to be; the newest word counts. Its owner is at work, so the upload expires later.
 * Output: false when it is not open any more.
 */
export async function announceParts(
  db: Queryable,
  uploadId: string,
  parts: readonly AnnouncedPart[],
  times: { lifetimeMs: number; urlMs: number },
): Promise<boolean> {
  const rows = await db.query(
    `WITH live AS (
       UPDATE uploads SET expires_at = now() + $4 * interval '1 millisecond',
              urls_until = greatest(urls_until, now() + $5 * interval '1 millisecond')
       WHERE id = $1 AND state = 'open' RETURNING id
     ), told AS (
       INSERT INTO upload_parts (upload_id, n, md5)
       SELECT DISTINCT ON (n) live.id, n, decode(md5, 'base64')
       FROM live, unnest($2::int[], $3::text[]) WITH ORDINALITY AS t(n, md5, ord) ORDER BY n, ord DESC
       ON CONFLICT (upload_id, n) DO UPDATE SET md5 = excluded.md5 WHERE upload_parts.md5 <> excluded.md5
     )
     SELECT 1 FROM live`,
    [uploadId, parts.map(({ n }) => n), parts.map(({ md5 }) => md5), times.lifetimeMs, times.urlMs],
  );
  return rows.length > 0;
}

/** Output: MD5 of every part that was announced, base64, by its number. */
export async function listAnnouncedParts(
  db: Queryable,
  uploadId: string,
): Promise<Map<number, string>> {
  const rows = await db.query<{ n: number; md5: string }>(
    `SELECT n, encode(md5, 'base64') AS md5 FROM upload_parts WHERE upload_id = $1 ORDER BY n`,
    [uploadId],
  );
  return new Map(rows.map(({ n, md5 }) => [n, md5]));
}

/** Input: an open upload that the caller has locked. Output: it waits for a dispatcher. */
export async function markUploadComplete(tx: Queryable, id: string): Promise<UploadRecord> {
  const [row] = await tx.query<UploadRow>(
    `UPDATE uploads SET state = 'assembling', ready_at = now(), lease_until = NULL, error = NULL
     WHERE id = $1 RETURNING ${UPLOAD_COLUMNS}`,
    [id],
  );
  return toUploadRecord(row!);
}

/** Input: an open upload that the caller has locked. Output: nobody can add to it, and its parts will go. */
export async function markUploadAborted(tx: Queryable, id: string): Promise<void> {
  await tx.query(
    `UPDATE uploads SET state = 'aborted', finished_at = now(), sweep_at = now() WHERE id = $1`,
    [id],
  );
}

/** Output: whether images are still on their way into the set from an upload that is complete. */
export async function hasAssembling(db: Queryable, setId: string): Promise<boolean> {
  const rows = await db.query(
    `SELECT 1 FROM uploads WHERE set_id = $1 AND state = 'assembling' LIMIT 1`,
    [setId],
  );
  return rows.length > 0;
}
