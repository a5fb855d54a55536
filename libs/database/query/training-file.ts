import type { Queryable } from '../database.js';

export interface TrainingFileRecord {
  readonly id: string;
  readonly name: string;
  readonly bytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
  readonly createdAt: Date;
}

interface TrainingFileRow extends Record<string, unknown> {
  id: string;
  name: string;
  bytes: string;
  sha256: string;
  created_at: Date;
}

const COLUMNS = `id, name, bytes::text, encode(sha256, 'hex') AS sha256, created_at`;

const toRecord = (row: TrainingFileRow): TrainingFileRecord => ({
  id: row.id,
  name: row.name,
  bytes: Number(row.bytes),
  sha256: row.sha256,
  createdAt: row.created_at,
});

/** Input: a file whose bytes the object store has. Output: its record. Errors: those of the connection. */
export async function recordTrainingFile(
  db: Queryable,
  tenantId: string,
  file: Omit<TrainingFileRecord, 'createdAt'>,
): Promise<TrainingFileRecord> {
  const [row] = await db.query<TrainingFileRow>(
    `INSERT INTO training_files (id, tenant_id, name, bytes, sha256)
     VALUES ($1, $2, $3, $4, decode($5, 'hex')) RETURNING ${COLUMNS}`,
    [file.id, tenantId, file.name, file.bytes, file.sha256],
  );
  return toRecord(row!);
}

/** Output: the file; undefined when the tenant has no such file. */
export async function findTrainingFile(
  db: Queryable,
  tenantId: string,
  id: string,
): Promise<TrainingFileRecord | undefined> {
  const [row] = await db.query<TrainingFileRow>(
    `SELECT ${COLUMNS} FROM training_files WHERE tenant_id = $1 AND id = $2`,
    [tenantId, id],
  );
  return row && toRecord(row);
}

/** Input: ids older than `before` only. Output: the tenant's files, newest first, `limit` at most. */
export async function listTrainingFiles(
  db: Queryable,
  tenantId: string,
  page: { limit: number; before?: string },
): Promise<TrainingFileRecord[]> {
  const rows = await db.query<TrainingFileRow>(
    `SELECT ${COLUMNS} FROM training_files
     WHERE tenant_id = $1 AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3`,
    [tenantId, page.before ?? null, page.limit],
  );
  return rows.map(toRecord);
}
