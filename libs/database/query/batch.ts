import type { BatchStatus } from '#contracts';
import { currentTraceParent } from '#telemetry';
import type { Queryable } from '../database.js';

/** A line of the input that is no request, or what ended the whole batch. */
export interface BatchFault {
  readonly code: string;
  readonly message: string;
  readonly param: string | null;
  /** From 1; null when it is about no line. */
  readonly line: number | null;
}

export interface BatchRecord {
  readonly id: string;
  readonly tenantId: string;
  readonly inputFile: string;
  readonly endpoint: '/v1/chat/completions' | '/v1/responses';
  readonly completionWindow: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly state: BatchStatus;
  readonly ending: 'cancelled' | 'expired' | null;
  readonly model: string | null;
  readonly setId: string;
  readonly jobId: string | null;
  readonly fence: number;
  readonly readBytes: number;
  readonly readLines: number;
  readonly requests: number;
  readonly refused: number;
  readonly faults: readonly BatchFault[];
  readonly faultCount: number;
  readonly outputFile: string | null;
  readonly errorFile: string | null;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly inProgressAt: Date | null;
  readonly cancellingAt: Date | null;
  readonly finalizingAt: Date | null;
  readonly finishedAt: Date | null;
  /** Of its job, as they stand now. */
  readonly succeeded: number;
  readonly failed: number;
}

/** Needs `jobs` joined to `batches`. */
export const BATCH_COLUMNS = `batches.id, batches.tenant_id AS "tenantId", input_file AS "inputFile", endpoint,
  completion_window AS "completionWindow", batches.metadata, batches.state, ending, batches.model,
  batches.set_id AS "setId", job_id AS "jobId", fence, read_bytes::float8 AS "readBytes",
  read_lines AS "readLines", requests, refused, faults, fault_count AS "faultCount",
  output_file AS "outputFile", error_file AS "errorFile", batches.created_at AS "createdAt",
  expires_at AS "expiresAt", in_progress_at AS "inProgressAt", cancelling_at AS "cancellingAt",
  finalizing_at AS "finalizingAt", batches.finished_at AS "finishedAt",
  coalesce(jobs.succeeded, 0) AS succeeded, coalesce(jobs.failed, 0) AS failed`;

export type BatchRow = BatchRecord & Record<string, unknown>;
const FROM = 'FROM batches LEFT JOIN jobs ON jobs.id = batches.job_id';

export interface NewBatch extends Pick<
  BatchRecord,
  'id' | 'tenantId' | 'inputFile' | 'endpoint' | 'completionWindow' | 'metadata' | 'setId'
> {
  readonly windowHours: number;
}

/** Input: a file of the tenant, and an open set made for it. Output: the batch, to be validated. */
export async function createBatch(tx: Queryable, batch: NewBatch): Promise<BatchRecord> {
  await tx.query(
    `INSERT INTO batches (id, tenant_id, input_file, endpoint, completion_window, metadata, set_id, expires_at,
       trace_parent)
     VALUES ($1, $2, $3, $4, $5, $6, $7, now() + $8 * interval '1 hour', $9)`,
    [
      batch.id,
      batch.tenantId,
      batch.inputFile,
      batch.endpoint,
      batch.completionWindow,
      JSON.stringify(batch.metadata),
      batch.setId,
      batch.windowHours,
      currentTraceParent() ?? null,
    ],
  );
  return (await findBatch(tx, batch.tenantId, batch.id))!;
}

/** Output: the batch with the counts of its job; undefined when the tenant has no such batch. */
export async function findBatch(
  db: Queryable,
  tenantId: string,
  id: string,
): Promise<BatchRecord | undefined> {
  const [row] = await db.query<BatchRow>(
    `SELECT ${BATCH_COLUMNS} ${FROM} WHERE batches.tenant_id = $1 AND batches.id = $2`,
    [tenantId, id],
  );
  return row;
}

/** Input: ids older than `before` only. Output: the tenant's batches, newest first, `limit` at most. */
export function listBatches(
  db: Queryable,
  tenantId: string,
  page: { limit: number; before?: string },
): Promise<BatchRecord[]> {
  return db.query<BatchRow>(
    `SELECT ${BATCH_COLUMNS} ${FROM}
     WHERE batches.tenant_id = $1 AND ($2::uuid IS NULL OR batches.id < $2)
     ORDER BY batches.id DESC LIMIT $3`,
    [tenantId, page.before ?? null, page.limit],
  );
}

/**
 * Input: a batch of the tenant. Output: its state after the call: `cancelling` (soon `cancelled`), or what it
 * was when it was too late; undefined when the tenant has no such batch. Twice is once.
 */
export async function cancelBatch(
  db: Queryable,
  tenantId: string,
  id: string,
): Promise<BatchStatus | undefined> {
  const [row] = await db.query<{ state: BatchStatus }>(
    `UPDATE batches SET
       ending = CASE WHEN state IN ('validating', 'in_progress') THEN 'cancelled' ELSE ending END,
       cancelling_at = CASE WHEN state IN ('validating', 'in_progress') THEN now() ELSE cancelling_at END,
       state = CASE WHEN state IN ('validating', 'in_progress') THEN 'cancelling' ELSE state END
     WHERE tenant_id = $1 AND id = $2 RETURNING state`,
    [tenantId, id],
  );
  return row?.state;
}
