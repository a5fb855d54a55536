import type { Queryable } from '../database.js';

/** How long an upload that has ended can be looked up. */
const KEPT_DAYS = 30;
/** A part that was being sent when its URL ended has arrived by then. */
const LATE_PARTS = `interval '1 hour'`;
const STEP = 100;

/** Output: number of open uploads that their owners have forgotten, and that are expired now. */
export async function expireUploads(db: Queryable): Promise<number> {
  const rows = await db.query(
    `UPDATE uploads SET state = 'expired', finished_at = now(), sweep_at = now()
     WHERE state = 'open' AND expires_at < now() RETURNING 1`,
  );
  return rows.length;
}

export interface UploadToSweep {
  readonly id: string;
  readonly tenantId: string;
  readonly sweepAt: Date;
}

/** Output: uploads whose parts are needed no more, some at a time. */
export async function listUploadsToSweep(db: Queryable): Promise<UploadToSweep[]> {
  const rows = await db.query<{ id: string; tenant_id: string; sweep_at: Date }>(
    `SELECT id, tenant_id, sweep_at FROM uploads WHERE sweep_at <= now() ORDER BY sweep_at LIMIT $1`,
    [STEP],
  );
  return rows.map((row) => ({ id: row.id, tenantId: row.tenant_id, sweepAt: row.sweep_at }));
}

/** Its parts are gone; they are looked for once more when no URL can bring another one. */
export async function markUploadSwept(
  db: Queryable,
  { id, sweepAt }: UploadToSweep,
): Promise<void> {
  await db.query(
    `UPDATE uploads SET sweep_at =
       CASE WHEN $2 > urls_until THEN NULL ELSE greatest(urls_until, now()) + ${LATE_PARTS} END
     WHERE id = $1 AND sweep_at IS NOT NULL`,
    [id, sweepAt],
  );
}

/** Output: uploads that ended long ago are forgotten. */
export async function forgetUploads(db: Queryable): Promise<void> {
  await db.query(
    `DELETE FROM uploads WHERE id IN (
       SELECT id FROM uploads
       WHERE finished_at < now() - interval '${KEPT_DAYS} days' AND sweep_at IS NULL LIMIT 1000)`,
  );
}
