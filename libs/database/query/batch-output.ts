import type { Answer } from '#contracts';
import type { Queryable } from '../database.js';
import type { BatchRecord } from './batch.js';
import type { BatchRefusal } from './batch-validation.js';
import { recordFile, type FileRecord } from './file.js';

/** A request that its job has ended. */
export interface BatchResult {
  readonly n: number;
  readonly customId: string;
  readonly state: 'succeeded' | 'failed' | 'cancelled';
  readonly error: { readonly code: string; readonly detail: string } | null;
  readonly answers: readonly Answer[];
  readonly finishedAt: Date;
}

interface ResultRow extends Record<string, unknown> {
  n: number;
  custom_id: string;
  state: BatchResult['state'];
  error_code: string | null;
  error_detail: string | null;
  answers: Answer[] | null;
  finished_at: Date;
}

/** Input: a batch with a job. Output: its requests that succeeded, or those that did not, by number after `after`. */
export async function listBatchResults(
  db: Queryable,
  batch: Pick<BatchRecord, 'jobId' | 'setId'>,
  page: { succeeded: boolean; after: number; limit: number },
): Promise<BatchResult[]> {
  const rows = await db.query<ResultRow>(
    `SELECT item.n, image.custom_id, item.state, item.error_code, item.error_detail,
            item.answers, item.finished_at
     FROM (
       SELECT * FROM items
       WHERE job_id = $1 AND n > $3 AND state ${page.succeeded ? '=' : '<>'} 'succeeded'
       ORDER BY n LIMIT $4
     ) AS item
     CROSS JOIN LATERAL (
       SELECT custom_id FROM images WHERE set_id = $2 AND images.n = item.n LIMIT 1
     ) AS image
     ORDER BY item.n`,
    [batch.jobId, batch.setId, page.after, page.limit],
  );
  return rows.map((row) => ({
    n: row.n,
    customId: row.custom_id,
    state: row.state,
    error:
      row.error_code === null ? null : { code: row.error_code, detail: row.error_detail ?? '' },
    answers: row.answers ?? [],
    finishedAt: row.finished_at,
  }));
}

/** Output: its requests that could not be tried, by line after `after`. */
export function listBatchRefusals(
  db: Queryable,
  batchId: string,
  page: { after: number; limit: number },
): Promise<BatchRefusal[]> {
  return db.query<BatchRefusal & Record<string, unknown>>(
    `SELECT n AS line, custom_id AS "customId", code, detail, param FROM batch_refusals
     WHERE batch_id = $1 AND n > $2 ORDER BY n LIMIT $3`,
    [batchId, page.after, page.limit],
  );
}

/** What a batch wrote; null for a file without lines, of which there is none. */
export interface BatchOutput {
  readonly output: Omit<FileRecord, 'createdAt'> | null;
  readonly error: Omit<FileRecord, 'createdAt'> | null;
}

/** Ends the batch with its files. Input: a transaction; a lease. Output: false when the lease was lost. */
export async function finishBatch(
  tx: Queryable,
  batch: BatchRecord,
  { output, error }: BatchOutput,
): Promise<boolean> {
  const held = await tx.query(
    `SELECT 1 FROM batches WHERE id = $1 AND fence = $2 AND state = 'finalizing' FOR UPDATE`,
    [batch.id, batch.fence],
  );
  if (held.length === 0) return false;
  if (output !== null) await recordFile(tx, batch.tenantId, output);
  if (error !== null) await recordFile(tx, batch.tenantId, error);
  await tx.query(
    `UPDATE batches SET state = coalesce(ending, 'completed'), finished_at = now(), lease_until = NULL,
            output_file = $2, error_file = $3 WHERE id = $1`,
    [batch.id, output?.id ?? null, error?.id ?? null],
  );
  return true;
}
