import { AppError, type FilePurpose, type StorageQuota } from '#contracts';
import type { Queryable } from '../database.js';
import { chargeUsage, requireBytesWithin } from './tenant-usage.js';

export interface FileRecord {
  readonly id: string;
  readonly name: string;
  readonly purpose: FilePurpose;
  readonly bytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
  readonly createdAt: Date;
}

interface FileRow extends Record<string, unknown> {
  id: string;
  name: string;
  purpose: FilePurpose;
  bytes: string;
  sha256: string;
  created_at: Date;
}

const COLUMNS = `id, name, purpose, bytes::text, encode(sha256, 'hex') AS sha256, created_at`;

const toRecord = (row: FileRow): FileRecord => ({
  id: row.id,
  name: row.name,
  purpose: row.purpose,
  bytes: Number(row.bytes),
  sha256: row.sha256,
  createdAt: row.created_at,
});

/**
 * Input: an open transaction; a file whose bytes the object store has. Output: its record.
 * Errors: `quota.stored_bytes` where there is a quota; those of the connection.
 */
export async function recordFile(
  tx: Queryable,
  tenantId: string,
  file: Omit<FileRecord, 'createdAt'>,
  quota?: StorageQuota,
): Promise<FileRecord> {
  const [row] = await tx.query<FileRow>(
    `INSERT INTO files (id, tenant_id, name, purpose, bytes, sha256)
     VALUES ($1, $2, $3, $4, $5, decode($6, 'hex')) RETURNING ${COLUMNS}`,
    [file.id, tenantId, file.name, file.purpose, file.bytes, file.sha256],
  );
  const { bytes } = file;
  const usage = await chargeUsage(tx, tenantId, { bytes });
  if (quota !== undefined) requireBytesWithin({ used: usage.bytes - bytes, bytes }, quota);
  return toRecord(row!);
}

/** Output: the file; undefined when the tenant has no such file. With `hold`, nobody deletes it until the transaction ends. */
export async function findFile(
  db: Queryable,
  tenantId: string,
  id: string,
  options: { hold?: boolean } = {},
): Promise<FileRecord | undefined> {
  const [row] = await db.query<FileRow>(
    `SELECT ${COLUMNS} FROM files WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL
     ${options.hold ? 'FOR KEY SHARE' : ''}`,
    [tenantId, id],
  );
  return row && toRecord(row);
}

export interface FilePageRequest {
  readonly limit: number;
  /** Only what comes after this id in the order of the list. */
  readonly after?: string;
  readonly order?: 'asc' | 'desc';
  readonly purpose?: FilePurpose;
}

/** Output: the tenant's files, newest first unless asked otherwise, `limit` at most. */
export async function listFiles(
  db: Queryable,
  tenantId: string,
  { limit, after, order = 'desc', purpose }: FilePageRequest,
): Promise<FileRecord[]> {
  const beyond = order === 'desc' ? '<' : '>';
  const rows = await db.query<FileRow>(
    `SELECT ${COLUMNS} FROM files
     WHERE tenant_id = $1 AND deleted_at IS NULL
       AND ($2::uuid IS NULL OR id ${beyond} $2) AND ($3::text IS NULL OR purpose = $3)
     ORDER BY id ${order === 'desc' ? 'DESC' : 'ASC'} LIMIT $4`,
    [tenantId, after ?? null, purpose ?? null, limit],
  );
  return rows.map(toRecord);
}

/**
 * Input: an open transaction. Output: nobody finds the file any more; true when its bytes are still to be
 * removed from the store, undefined when the tenant has no such file.
 * Errors: `file.in_use` while work that needs it has not ended.
 */
export async function deleteFile(
  tx: Queryable,
  tenantId: string,
  id: string,
): Promise<boolean | undefined> {
  const [file] = await tx.query<{ is_stored: boolean; bytes: string }>(
    `SELECT is_stored, bytes::text FROM files WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL FOR UPDATE`,
    [tenantId, id],
  );
  if (file === undefined) return undefined;
  const users = await tx.query(
    `SELECT 1 FROM fine_tunings WHERE $1 IN (training_file, validation_file)
       AND state IN ('queued', 'running', 'cancelling')
     UNION ALL SELECT 1 FROM batches WHERE input_file = $1 AND state = 'validating' LIMIT 1`,
    [id],
  );
  if (users.length > 0) {
    throw new AppError(
      'file.in_use',
      'Work that needs this file has not ended. Cancel it or wait for it, then delete the file.',
    );
  }
  await tx.query('UPDATE files SET deleted_at = now() WHERE id = $1', [id]);
  if (file.is_stored) await chargeUsage(tx, tenantId, { bytes: -Number(file.bytes) });
  return file.is_stored;
}

/** Output: deleted files whose bytes may still be there, oldest first, a bounded number. */
export function listFilesToRemove(db: Queryable): Promise<{ id: string; tenantId: string }[]> {
  return db.query<{ id: string; tenantId: string } & Record<string, unknown>>(
    `SELECT id, tenant_id AS "tenantId" FROM files
     WHERE deleted_at IS NOT NULL AND is_stored ORDER BY id LIMIT 100`,
  );
}

/** Input: a deleted file whose bytes are gone from the store. */
export async function markFileRemoved(db: Queryable, id: string): Promise<void> {
  await db.query('UPDATE files SET is_stored = false WHERE id = $1 AND deleted_at IS NOT NULL', [
    id,
  ]);
}
