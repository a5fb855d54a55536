import { AppError, type ModelImportState } from '#contracts';
import type { Queryable } from '../database.js';

export interface NewModelImport {
  readonly id: string;
  readonly tenantId: string;
  readonly model: string;
  readonly source: string;
  readonly precision: string;
  readonly host: string | null;
  readonly state: ModelImportState;
}

export interface ModelImportRecord extends Omit<NewModelImport, 'tenantId'> {
  /** Of what `state` says is done. */
  readonly bytesDone: number;
  readonly bytesTotal: number | null;
  /** Of the model that was made. */
  readonly modelBytes: number | null;
  readonly error: { readonly code: string; readonly detail: string } | null;
  readonly createdAt: Date;
  readonly toldAt: Date;
  readonly finishedAt: Date | null;
}

export type ToldOfModelImport = Pick<ModelImportRecord, 'state'> &
  Partial<Pick<ModelImportRecord, 'bytesDone' | 'bytesTotal' | 'modelBytes' | 'error'>>;

interface Row extends ModelImportRecord, Record<string, unknown> {}

const COLUMNS = `id, model, source, precision, host, state, bytes_done::float8 AS "bytesDone",
  bytes_total::float8 AS "bytesTotal", model_bytes::float8 AS "modelBytes", error, created_at AS "createdAt",
  told_at AS "toldAt", finished_at AS "finishedAt"`;

/** Of a tenant: older ones are forgotten. */
const KEPT = 200;

/** Input: a transaction; a tenant that exists. Output: the import as it is shown. */
export async function createModelImport(
  tx: Queryable,
  started: NewModelImport,
): Promise<ModelImportRecord> {
  const { id, tenantId, model, source, precision, host, state } = started;
  const [row] = await tx.query<Row>(
    `INSERT INTO model_imports (id, tenant_id, model, source, precision, host, state)
     VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING ${COLUMNS}`,
    [id, tenantId, model, source, precision, host, state],
  );
  await tx.query(
    `DELETE FROM model_imports WHERE tenant_id = $1 AND id <= (
       SELECT id FROM model_imports WHERE tenant_id = $1 ORDER BY id DESC OFFSET $2 LIMIT 1)`,
    [tenantId, KEPT],
  );
  return row!;
}

/**
 * Writes down how far an import is, or how it ended. Output: undefined when the tenant has no such import.
 * Errors: `model_import.ended`, unless it is told the same end again.
 */
export async function tellModelImport(
  db: Queryable,
  { tenantId, id }: { readonly tenantId: string; readonly id: string },
  { state, bytesDone, bytesTotal, modelBytes, error }: ToldOfModelImport,
): Promise<ModelImportRecord | undefined> {
  const [row] = await db.query<Row>(
    `UPDATE model_imports SET
       bytes_done = coalesce($4, CASE WHEN state = $3 THEN bytes_done ELSE 0 END),
       bytes_total = coalesce($5, CASE WHEN state = $3 THEN bytes_total END),
       state = $3, model_bytes = $6, error = $7, told_at = now(),
       finished_at = CASE WHEN $3 IN ('completed', 'failed') THEN now() END
     WHERE tenant_id = $1 AND id = $2 AND finished_at IS NULL RETURNING ${COLUMNS}`,
    [tenantId, id, state, bytesDone ?? null, bytesTotal ?? null, modelBytes ?? null, error ?? null],
  );
  if (row !== undefined) return row;
  const known = await findModelImport(db, tenantId, id);
  if (known !== undefined && known.state !== state) {
    throw new AppError('model_import.ended', `The import has ended: it ${known.state}.`);
  }
  return known;
}

export async function findModelImport(
  db: Queryable,
  tenantId: string,
  id: string,
): Promise<ModelImportRecord | undefined> {
  const [row] = await db.query<Row>(
    `SELECT ${COLUMNS} FROM model_imports WHERE tenant_id = $1 AND id = $2`,
    [tenantId, id],
  );
  return row;
}

export function findModelImportsById(
  db: Queryable,
  ids: readonly string[],
): Promise<ModelImportRecord[]> {
  return db.query<Row>(`SELECT ${COLUMNS} FROM model_imports WHERE id = ANY ($1::uuid[])`, [ids]);
}

/** Newest first. */
export function listModelImports(
  db: Queryable,
  tenantId: string,
  page: { limit: number; before?: string },
): Promise<ModelImportRecord[]> {
  return db.query<Row>(
    `SELECT ${COLUMNS} FROM model_imports
     WHERE tenant_id = $1 AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3`,
    [tenantId, page.before ?? null, page.limit],
  );
}
