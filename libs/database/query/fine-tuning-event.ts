import type { FineTuningEventType } from '#contracts';
import type { Queryable } from '../database.js';

export interface NewFineTuningEvent {
  readonly type: FineTuningEventType;
  readonly level: 'info' | 'warn' | 'error';
  readonly message: string;
  readonly step?: number;
  readonly data?: Readonly<Record<string, unknown>>;
}

export interface FineTuningEventRecord {
  readonly n: number;
  readonly type: FineTuningEventType;
  readonly level: 'info' | 'warn' | 'error';
  readonly message: string;
  readonly step: number | null;
  readonly data: Readonly<Record<string, unknown>>;
  readonly createdAt: Date;
}

/**
 * Input: a transaction that has locked the job's row, or has just made it. Output: the events are its next
 * ones; a step, evaluation or checkpoint that was told before is not told again.
 */
export async function addFineTuningEvents(
  tx: Queryable,
  jobId: string,
  events: readonly NewFineTuningEvent[],
): Promise<void> {
  if (events.length === 0) return;
  await tx.query(
    `WITH incoming AS (
       SELECT * FROM unnest($2::text[], $3::text[], $4::text[], $5::int[], $6::jsonb[])
         WITH ORDINALITY AS t(type, level, message, step, data, ord)
     ), fresh AS (
       SELECT DISTINCT ON (CASE WHEN type IN ('step', 'evaluation', 'checkpoint') THEN type || step
                                ELSE '#' || ord END) *
       FROM incoming
       WHERE type NOT IN ('step', 'evaluation', 'checkpoint') OR NOT EXISTS (
         SELECT 1 FROM fine_tuning_events AS told
         WHERE told.job_id = $1 AND told.type = incoming.type AND told.step = incoming.step
           AND told.type IN ('step', 'evaluation', 'checkpoint'))
       ORDER BY CASE WHEN type IN ('step', 'evaluation', 'checkpoint') THEN type || step
                     ELSE '#' || ord END, ord
     ), added AS (
       INSERT INTO fine_tuning_events (job_id, n, type, level, message, step, data)
       SELECT fine_tunings.id, fine_tunings.events + row_number() OVER (ORDER BY ord),
              type, level, message, fresh.step, data
       FROM fine_tunings, fresh WHERE fine_tunings.id = $1
       RETURNING 1
     )
     UPDATE fine_tunings SET events = events + (SELECT count(*) FROM added) WHERE id = $1`,
    [
      jobId,
      events.map((event) => event.type),
      events.map((event) => event.level),
      events.map((event) => event.message),
      events.map((event) => event.step ?? null),
      events.map((event) => JSON.stringify(event.data ?? {})),
    ],
  );
}

/** Input: only events after number `after`. Output: in their order, `limit` at most. */
export async function listFineTuningEvents(
  db: Queryable,
  jobId: string,
  page: { limit: number; after?: number },
): Promise<FineTuningEventRecord[]> {
  const rows = await db.query<FineTuningEventRecord & Record<string, unknown>>(
    `SELECT n, type, level, message, step, data, created_at AS "createdAt" FROM fine_tuning_events
     WHERE job_id = $1 AND n > $2 ORDER BY n LIMIT $3`,
    [jobId, page.after ?? 0, page.limit],
  );
  return rows;
}
