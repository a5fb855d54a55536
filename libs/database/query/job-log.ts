import type { Queryable } from '../database.js';

export interface JobLogRecord {
  readonly id: string;
  readonly at: Date;
  readonly level: 'info' | 'warning';
  readonly code: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Input: what happened to a shard of the job, in the transaction in which it happened. Predictions have no log. */
export async function logShard(
  tx: Queryable,
  shardId: string,
  entry: Pick<JobLogRecord, 'level' | 'code' | 'detail'>,
): Promise<void> {
  await tx.query(
    `INSERT INTO job_log (job_id, level, code, detail)
     SELECT job_id, $2, $3, $4::jsonb || jsonb_build_object('shard', id)
     FROM shards WHERE id = $1 AND lane = 'bulk'`,
    [shardId, entry.level, entry.code, JSON.stringify(entry.detail)],
  );
}

/** Input: a job that the caller found for its tenant; entries after `after` only, of one level if given. Oldest first. */
export function listJobLog(
  db: Queryable,
  jobId: string,
  page: { limit: number; after?: string; level?: JobLogRecord['level'] },
): Promise<JobLogRecord[]> {
  return db.query<JobLogRecord & Record<string, unknown>>(
    `SELECT id::text, at, level, code, detail FROM job_log
     WHERE job_id = $1 AND id > $2 AND ($3::text IS NULL OR level = $3)
     ORDER BY id LIMIT $4`,
    [jobId, page.after ?? 0, page.level ?? null, page.limit],
  );
}
