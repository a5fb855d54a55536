import type { Queryable } from '../database.js';

export type ChangedKind = 'job' | 'set' | 'tuning' | 'model_import';

/** A place in the order of changes. Both are whole numbers, as text, for they may be beyond 2^53. */
export interface ChangePosition {
  readonly xid: string;
  readonly n: string;
}

export interface Change extends ChangePosition {
  readonly subjectId: string;
  readonly tenantId: string;
  readonly kind: ChangedKind;
}

interface ChangeRow extends Record<string, unknown> {
  subject_id: string;
  tenant_id: string;
  kind: ChangedKind;
  xid: string;
  n: string;
}

/** Output: the position behind all that has changed by now. */
export async function readChangePosition(db: Queryable): Promise<ChangePosition> {
  const [row] = await db.query<{ xid: string }>(
    'SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS xid',
  );
  if (row === undefined) throw new Error('Postgres says no snapshot.');
  return { xid: row.xid, n: '0' };
}

/**
 * Input: a position, and the tenants that are followed. Output: their subjects that have changed after it,
 * each once, in order, `limit` at most. Errors: those of the connection.
 */
export async function listChanges(
  db: Queryable,
  tenantIds: readonly string[],
  page: { after: ChangePosition; limit: number },
): Promise<Change[]> {
  // Row by row over the tenants: each reads its own end of the index, however much the others change.
  const rows = await db.query<ChangeRow>(
    `SELECT changed.* FROM unnest($1::uuid[]) AS tenant, LATERAL (
       SELECT subject_id, tenant_id, kind, xid, n FROM changes
       WHERE tenant_id = tenant AND (xid, n) > ($2::xid8, $3::bigint)
         AND xid < pg_snapshot_xmin(pg_current_snapshot())
       ORDER BY xid, n LIMIT $4
     ) AS changed ORDER BY xid, n LIMIT $4`,
    [tenantIds, page.after.xid, page.after.n, page.limit],
  );
  return rows.map((row) => ({
    subjectId: row.subject_id,
    tenantId: row.tenant_id,
    kind: row.kind,
    xid: row.xid,
    n: row.n,
  }));
}

/** Output: where the last change of a subject stands; undefined when there was none. */
export async function findChange(
  db: Queryable,
  subjectId: string,
): Promise<ChangePosition | undefined> {
  const [row] = await db.query<{ xid: string; n: string }>(
    'SELECT xid, n FROM changes WHERE subject_id = $1',
    [subjectId],
  );
  return row;
}

/** Below zero when `a` lies before `b`. */
export function comparePositions(a: ChangePosition, b: ChangePosition): number {
  const difference = BigInt(a.xid) - BigInt(b.xid) || BigInt(a.n) - BigInt(b.n);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}
