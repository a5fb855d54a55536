import type { Queryable } from '../database.js';
import { EXPORT_COLUMNS, type ExportBucket, type ExportRecord } from './export.js';

/** An export in somebody's hand. */
export interface HeldExport extends ExportRecord {
  /** Proof of being the newest holder. */
  readonly fence: number;
  readonly bucket: ExportBucket;
  readonly uploadId: string | null;
  /** `traceparent` of the request that ordered it. */
  readonly traceParent: string | null;
}

type Held = Pick<HeldExport, 'id' | 'fence'>;
const IS_OURS = `id = $1 AND fence = $2 AND state IN ('running', 'cancelling')`;

/**
 * Output: an export that is to be made or taken back and that nobody holds, now held for `leaseMs`; of the tenant
 * that has the fewest in hand. Undefined when there is none. Errors: those of the connection.
 */
export async function claimExport(db: Queryable, leaseMs: number): Promise<HeldExport | undefined> {
  const [row] = await db.query<HeldExport & Record<string, unknown>>(
    `UPDATE exports SET fence = fence + 1, due_at = now() + $1 * interval '1 millisecond',
       state = CASE state WHEN 'queued' THEN 'running' ELSE state END,
       started_at = coalesce(started_at, now())
     WHERE id = (
       SELECT id FROM exports AS one
       WHERE state IN ('queued', 'running', 'cancelling') AND due_at <= now()
       ORDER BY (SELECT count(*) FROM exports AS other
                 WHERE other.tenant_id = one.tenant_id AND other.state IN ('running', 'cancelling')
                   AND other.due_at > now()), due_at
       LIMIT 1 FOR UPDATE SKIP LOCKED)
     RETURNING ${EXPORT_COLUMNS}, fence, bucket, upload_id AS "uploadId", trace_parent AS "traceParent"`,
    [leaseMs],
  );
  return row;
}

/**
 * A renewal may come after the object was recorded that was sent before, and whoever only writes the manifest reads
 * nothing: of a whole object, what was read stays.
 * Output: undefined when the lease was lost, else held for another `leaseMs`, and whether it is being cancelled.
 */
export async function renewExport(
  db: Queryable,
  held: Held,
  { leaseMs, itemsRead }: { leaseMs: number; itemsRead: number },
): Promise<{ cancelling: boolean } | undefined> {
  const [row] = await db.query<{ cancelling: boolean }>(
    `UPDATE exports SET due_at = now() + $3 * interval '1 millisecond',
       items_read = CASE WHEN sha256 IS NULL THEN $4 ELSE items_read END
     WHERE ${IS_OURS} RETURNING state = 'cancelling' AS cancelling`,
    [held.id, held.fence, leaseMs, itemsRead],
  );
  return row;
}

/**
 * It waits for its next holder. A renewal that is on its way finds another fence, and holds it no longer.
 * Input: whether that counts as a failure. Output: how many there were, and the new fence; undefined when it was lost.
 */
export async function postponeExport(
  db: Queryable,
  held: Held,
  { afterMs, isFailure }: { afterMs: number; isFailure: boolean },
): Promise<{ failures: number; fence: number } | undefined> {
  const [row] = await db.query<{ failures: number; fence: number }>(
    `UPDATE exports SET due_at = now() + $3 * power(2, failures) * interval '1 millisecond',
       failures = failures + $4, fence = fence + 1
     WHERE ${IS_OURS} RETURNING failures, fence`,
    [held.id, held.fence, afterMs, isFailure ? 1 : 0],
  );
  return row;
}

export interface ExportEnd {
  readonly state: 'completed' | 'failed' | 'cancelled';
  readonly error?: { readonly code: string; readonly detail: string };
}

/** Output: false when the lease was lost. One that was asked to be cancelled is not completed any more. */
export async function endExport(db: Queryable, held: Held, end: ExportEnd): Promise<boolean> {
  const rows = await db.query(
    `UPDATE exports SET state = $3, error = $4, finished_at = now()
     WHERE ${IS_OURS} AND ($3 <> 'completed' OR state = 'running') RETURNING 1`,
    [held.id, held.fence, end.state, end.error === undefined ? null : JSON.stringify(end.error)],
  );
  return rows.length > 0;
}
