import type { Queryable } from '../database.js';

export interface FineTuningCheckpointRecord {
  readonly step: number;
  readonly bytes: number;
  readonly createdAt: Date;
}

/** Input: only checkpoints before step `before`. Output: the newest first, `limit` at most. */
export async function listFineTuningCheckpoints(
  db: Queryable,
  jobId: string,
  page: { limit: number; before?: number },
): Promise<FineTuningCheckpointRecord[]> {
  const rows = await db.query<{ step: number; bytes: string; created_at: Date }>(
    `SELECT step, bytes::text, created_at FROM fine_tuning_checkpoints
     WHERE job_id = $1 AND ($2::int IS NULL OR step < $2) ORDER BY step DESC LIMIT $3`,
    [jobId, page.before ?? null, page.limit],
  );
  return rows.map((row) => ({
    step: row.step,
    bytes: Number(row.bytes),
    createdAt: row.created_at,
  }));
}
