import type { ImportState, LineError } from '#contracts';
import { currentTraceParent } from '#telemetry';
import type { Queryable } from '../database.js';

export interface ImportRecord {
  readonly id: string;
  readonly tenantId: string;
  readonly setId: string;
  readonly name: string | null;
  readonly source: 'manifest' | 'bucket';
  readonly state: ImportState;
  readonly found: number;
  readonly accepted: number;
  readonly duplicate: number;
  readonly refused: number;
  readonly lineErrors: readonly LineError[];
  readonly error: { readonly code: string; readonly detail: string } | null;
  readonly createdAt: Date;
  readonly finishedAt: Date | null;
}

const COLUMNS = `id, tenant_id AS "tenantId", set_id AS "setId", name, source, state, found, accepted,
  duplicate, refused, line_errors AS "lineErrors", error, created_at AS "createdAt", finished_at AS "finishedAt"`;

type Row = ImportRecord & Record<string, unknown>;

/** Input: the transaction that has locked the open set. Output: an import that lists. */
export async function createImport(
  tx: Queryable,
  order: Pick<ImportRecord, 'id' | 'tenantId' | 'setId' | 'name' | 'source'>,
): Promise<ImportRecord> {
  const [row] = await tx.query<Row>(
    `INSERT INTO imports (id, tenant_id, set_id, name, source, trace_parent) VALUES ($1, $2, $3, $4, $5, $6) RETURNING ${COLUMNS}`,
    [order.id, order.tenantId, order.setId, order.name, order.source, currentTraceParent() ?? null],
  );
  return row!;
}

/** Output: undefined when the tenant has no such import. */
export async function findImport(
  db: Queryable,
  tenantId: string,
  id: string,
): Promise<ImportRecord | undefined> {
  const [row] = await db.query<Row>(
    `SELECT ${COLUMNS} FROM imports WHERE tenant_id = $1 AND id = $2`,
    [tenantId, id],
  );
  return row;
}

/** Input: a set of the tenant; ids older than `before` only. Output: newest first, `limit` at most. */
export function listImports(
  db: Queryable,
  setId: string,
  page: { limit: number; before?: string },
): Promise<ImportRecord[]> {
  return db.query<Row>(
    `SELECT ${COLUMNS} FROM imports WHERE set_id = $1 AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3`,
    [setId, page.before ?? null, page.limit],
  );
}

/** How many imports of a set have not ended. Input for an exact answer: a transaction that has locked the set. */
export async function countUnfinishedImports(db: Queryable, setId: string): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM imports WHERE set_id = $1 AND state IN ('listing', 'fetching')`,
    [setId],
  );
  return row?.count ?? 0;
}

/**
 * Input: an import; how it ends. Output: whether it had not ended before; then nobody can add rows or
 * commit any, and what was waiting is gone. What was recorded stays.
 */
export async function endImport(
  db: Queryable,
  id: string,
  end: { state: 'failed' | 'cancelled'; error?: { code: string; detail: string } },
): Promise<boolean> {
  const ended = await db.query(
    `UPDATE imports SET state = $2, error = $3, finished_at = now()
     WHERE id = $1 AND state IN ('listing', 'fetching') RETURNING 1`,
    [id, end.state, end.error === undefined ? null : JSON.stringify(end.error)],
  );
  // A statement of its own, after it: rows come only into an import that has not ended.
  await db.query('DELETE FROM import_chunks WHERE import_id = $1', [id]);
  await db.query('DELETE FROM import_ids WHERE import_id = $1', [id]);
  return ended.length > 0;
}
