import { AppError, type JobQuota, type StorageQuota, type Task } from '#contracts';
import type { Queryable } from '../database.js';
import type { SeenBlob } from './blob.js';
import { recordFiles } from './image.js';
import { markImageSetSealed } from './image-set.js';
import { planJob } from './plan-job.js';
import type { BatchFault, BatchRecord } from './batch.js';
import type { HeldBatch } from './batch-lease.js';

/** Faults that are told; more are only counted. */
const MOST_FAULTS_TOLD = 100;

/** A request whose picture the object store has. */
export interface BatchRequest {
  readonly line: number;
  readonly customId: string;
  readonly task: Task;
  readonly sha256: string;
  readonly bytes: number;
  readonly format: string;
  readonly seen?: SeenBlob;
}

export interface BatchRefusal {
  readonly line: number;
  readonly customId: string;
  readonly code: string;
  readonly detail: string;
  readonly param: string | null;
}

/** What a stretch of the input holds. */
export interface BatchChunk {
  readonly requests: readonly BatchRequest[];
  readonly refusals: readonly BatchRefusal[];
  readonly faults: readonly BatchFault[];
  readonly model: string | null;
  /** Where the input goes on after it. */
  readonly readBytes: number;
  readonly readLines: number;
}

/**
 * Records a stretch of the input, and that it is done with, in one transaction: whoever goes on after a crash
 * reads no line twice. A custom id that the batch has already is a fault of the later line.
 *
 * Input: a transaction; a lease. Output: faults so far; undefined when the lease was lost: nothing was written.
 * Errors: those of `recordFiles`.
 */
export async function recordBatchChunk(
  tx: Queryable,
  batch: BatchRecord,
  chunk: BatchChunk,
  limits: { readonly imagesPerSet: number; readonly quota: StorageQuota },
): Promise<number | undefined> {
  if (!(await lockHeld(tx, batch))) return undefined;
  const taken = await takenIds(tx, batch, chunk);
  const isFirst = (request: { line: number; customId: string }): boolean =>
    taken.get(request.customId) === request.line;
  const requests = chunk.requests.filter(isFirst);
  const early = chunk.refusals.filter(isFirst);
  const repeated = [...chunk.requests, ...chunk.refusals].filter((one) => !isFirst(one));
  const faults = [...chunk.faults, ...repeated.map(repeatedId)].toSorted(
    (a, b) => (a.line ?? 0) - (b.line ?? 0),
  );
  const { tenantId, setId } = batch;
  const accepted = requests.map(({ sha256, bytes, format, seen, customId, task }) => {
    return { sha256, bytes, format, seen, name: customId, customId, tasks: [task] };
  });
  const target = { tenantId, setId, ...limits };
  const recorded = await recordFiles(tx, target, { accepted, refused: [] });
  const surplus = recorded.accepted.flatMap((row, at) => {
    const { line, customId } = requests[at]!;
    return 'refused' in row ? [{ line, customId, ...row.refused, param: 'body' }] : [];
  });
  const refusals = [...early, ...surplus];
  await insertRefusals(tx, batch.id, refusals);
  const [row] = await tx.query<{ fault_count: number }>(
    `UPDATE batches SET read_bytes = $2, read_lines = $3, requests = requests + $4, refused = refused + $5,
            fault_count = fault_count + $6, model = coalesce(model, $7),
            faults = (SELECT coalesce(jsonb_agg(fault), '[]') FROM (
              SELECT fault FROM jsonb_array_elements(faults || $8::jsonb) WITH ORDINALITY AS f (fault, ord)
              ORDER BY ord LIMIT ${MOST_FAULTS_TOLD}) AS first)
     WHERE id = $1 RETURNING fault_count`,
    [
      batch.id,
      chunk.readBytes,
      chunk.readLines,
      requests.length + early.length,
      refusals.length,
      faults.length,
      chunk.model,
      JSON.stringify(faults.slice(0, MOST_FAULTS_TOLD)),
    ],
  );
  return row!.fault_count;
}

async function lockHeld(tx: Queryable, held: HeldBatch): Promise<boolean> {
  const rows = await tx.query(
    `SELECT 1 FROM batches WHERE id = $1 AND fence = $2 AND state = 'validating' FOR UPDATE`,
    [held.id, held.fence],
  );
  return rows.length > 0;
}

/** The line that each custom id belongs to; 0 for lines of earlier chunks. */
async function takenIds(
  tx: Queryable,
  batch: BatchRecord,
  chunk: BatchChunk,
): Promise<Map<string, number>> {
  const lines = new Map<string, number>();
  for (const { customId, line } of [...chunk.requests, ...chunk.refusals]) {
    lines.set(customId, Math.min(line, lines.get(customId) ?? line));
  }
  const ids = [...lines.keys()];
  const known = await tx.query<{ custom_id: string }>(
    `SELECT custom_id FROM images WHERE set_id = $1 AND custom_id = ANY ($3)
     UNION ALL
     SELECT custom_id FROM batch_refusals WHERE batch_id = $2
       AND md5(custom_id) IN (SELECT md5(id) FROM unnest($3::text[]) AS t (id)) AND custom_id = ANY ($3)`,
    [batch.setId, batch.id, ids],
  );
  for (const { custom_id: id } of known) lines.set(id, 0);
  return lines;
}

const repeatedId = ({ line, customId }: { line: number; customId: string }): BatchFault => ({
  code: 'duplicate_custom_id',
  message: `The custom_id ${JSON.stringify(customId.slice(0, 100))} is on an earlier line, too.`,
  param: 'custom_id',
  line,
});

async function insertRefusals(
  tx: Queryable,
  batchId: string,
  refusals: readonly BatchRefusal[],
): Promise<void> {
  if (refusals.length === 0) return;
  await tx.query(
    `INSERT INTO batch_refusals (batch_id, n, custom_id, code, detail, param)
     SELECT $1, * FROM unnest($2::int[], $3::text[], $4::text[], $5::text[], $6::text[])`,
    [
      batchId,
      refusals.map(({ line }) => line),
      refusals.map(({ customId }) => customId),
      refusals.map(({ code }) => code),
      refusals.map(({ detail }) => detail),
      refusals.map(({ param }) => param),
    ],
  );
}

/**
 * Ends the validation: the batch fails when a line is no request, is finalized when none can be tried, else its
 * set is sealed and its job planned, all in this transaction.
 *
 * Input: a transaction; a lease; all lines are recorded. Output: the job's model when there is one to feed.
 * Nothing if the lease was lost. Errors: those of `planJob`.
 */
export async function endValidation(
  tx: Queryable,
  held: HeldBatch,
  jobId: string,
  nameOf: (batchId: string) => string,
  quota: JobQuota,
): Promise<void> {
  if (!(await lockHeld(tx, held))) return;
  const [batch] = await tx.query<{
    tenant_id: string;
    set_id: string;
    model: string | null;
    requests: number;
    refused: number;
    fault_count: number;
    metadata: Record<string, string>;
  }>('SELECT * FROM batches WHERE id = $1', [held.id]);
  const { requests, refused, model } = batch!;
  if (batch!.fault_count > 0) return failLocked(tx, held.id, []);
  if (requests === 0) return failLocked(tx, held.id, [EMPTY]);
  if (requests === refused || model === null) {
    await tx.query(
      `UPDATE batches SET state = 'finalizing', in_progress_at = now(), finalizing_at = now(), lease_until = NULL
       WHERE id = $1`,
      [held.id],
    );
    return;
  }
  const set = await markImageSetSealed(tx, batch!.set_id);
  await planJob(tx, {
    id: jobId,
    tenantId: batch!.tenant_id,
    setId: set.id,
    name: nameOf(held.id),
    model,
    tasks: 'own',
    priority: 0,
    lane: 'bulk',
    metadata: batch!.metadata,
    itemCount: set.accepted,
    quota,
  });
  await tx.query(
    `UPDATE batches SET state = 'in_progress', in_progress_at = now(), job_id = $2, lease_until = NULL
     WHERE id = $1`,
    [held.id, jobId],
  );
}

const EMPTY: BatchFault = {
  code: 'empty_file',
  message: 'The file has no requests.',
  param: null,
  line: null,
};

/** Ends the batch for a reason that is about no line. Nothing if the lease was lost. */
export async function failBatch(tx: Queryable, held: HeldBatch, error: AppError): Promise<void> {
  if (!(await lockHeld(tx, held))) return;
  const { code, message } = error;
  await failLocked(tx, held.id, [{ code, message, param: null, line: null }]);
}

async function failLocked(tx: Queryable, id: string, faults: readonly BatchFault[]): Promise<void> {
  await tx.query(
    `UPDATE batches SET state = 'failed', finished_at = now(), lease_until = NULL,
            faults = faults || $2::jsonb, fault_count = fault_count + $3
     WHERE id = $1`,
    [id, JSON.stringify(faults), faults.length],
  );
}
