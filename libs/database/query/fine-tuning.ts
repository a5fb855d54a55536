import type { FineTuningError, FineTuningState, TuningPlan } from '#contracts';
import { currentTraceParent } from '#telemetry';
import type { Queryable } from '../database.js';
import { addFineTuningEvents } from './fine-tuning-event.js';

export type ModelPrecision = 'f32' | 'f16' | 'int8' | 'int4';

export interface NewFineTuning {
  readonly id: string;
  readonly tenantId: string;
  readonly base: string;
  readonly trainingFile: string;
  readonly validationFile: string | null;
  readonly setId: string | null;
  readonly plan: TuningPlan;
  readonly suffix: string | null;
  readonly precision: ModelPrecision;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface FineTuningRecord extends NewFineTuning {
  readonly state: FineTuningState;
  readonly step: number;
  readonly steps: number | null;
  readonly checkpointStep: number | null;
  /** Of the newest lease. One that has succeeded is leased no more. */
  readonly fence: number;
  readonly model: string | null;
  readonly error: FineTuningError | null;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
}

/** The columns of what was ordered. */
export interface OrderedRow extends Record<string, unknown> {
  id: string;
  tenant_id: string;
  base: string;
  training_file: string;
  validation_file: string | null;
  set_id: string | null;
  plan: TuningPlan;
  suffix: string | null;
  precision: ModelPrecision;
}

interface FineTuningRow extends OrderedRow {
  metadata: Record<string, string>;
  state: FineTuningState;
  step: number;
  steps: number | null;
  checkpoint_step: number | null;
  fence: number;
  model: string | null;
  error: FineTuningError | null;
  created_at: Date;
  started_at: Date | null;
  finished_at: Date | null;
}

const COLUMNS = `id, tenant_id, base, training_file, validation_file, set_id, plan, suffix, precision,
  metadata, state, step, steps, fence, model, error, created_at, started_at, finished_at,
  (SELECT max(checkpoints.step) FROM fine_tuning_checkpoints AS checkpoints
   WHERE checkpoints.job_id = fine_tunings.id) AS checkpoint_step`;

export function toOrder(row: OrderedRow): Omit<NewFineTuning, 'id' | 'metadata'> {
  return {
    tenantId: row.tenant_id,
    base: row.base,
    trainingFile: row.training_file,
    validationFile: row.validation_file,
    setId: row.set_id,
    plan: row.plan,
    suffix: row.suffix,
    precision: row.precision,
  };
}

function toRecord(row: FineTuningRow): FineTuningRecord {
  return {
    id: row.id,
    ...toOrder(row),
    metadata: row.metadata,
    state: row.state,
    step: row.step,
    steps: row.steps,
    checkpointStep: row.checkpoint_step,
    fence: row.fence,
    model: row.model,
    error: row.error,
    createdAt: row.created_at,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
  };
}

/** Input: an open transaction. Output: a queued job with its first event. Errors: those of the connection. */
export async function createFineTuning(
  tx: Queryable,
  job: NewFineTuning,
): Promise<FineTuningRecord> {
  await tx.query(
    `INSERT INTO fine_tunings
       (id, tenant_id, base, training_file, validation_file, set_id, plan, suffix, precision, metadata,
        trace_parent)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    [
      job.id,
      job.tenantId,
      job.base,
      job.trainingFile,
      job.validationFile,
      job.setId,
      JSON.stringify(job.plan),
      job.suffix,
      job.precision,
      JSON.stringify(job.metadata),
      currentTraceParent() ?? null,
    ],
  );
  await addFineTuningEvents(tx, job.id, [
    { type: 'created', level: 'info', message: `Waits for a trainer that has ${job.base}` },
  ]);
  const created = await findFineTuning(tx, job.tenantId, job.id);
  if (created === undefined) throw new Error(`Fine-tuning job ${job.id} is not there.`);
  return created;
}

/** Output: the job; undefined when the tenant has no such job. With `lock`, nobody else changes it until the transaction ends. */
export async function findFineTuning(
  db: Queryable,
  tenantId: string,
  id: string,
  options: { lock?: boolean } = {},
): Promise<FineTuningRecord | undefined> {
  const [row] = await db.query<FineTuningRow>(
    `SELECT ${COLUMNS} FROM fine_tunings WHERE tenant_id = $1 AND id = $2
     ${options.lock ? 'FOR UPDATE' : ''}`,
    [tenantId, id],
  );
  return row && toRecord(row);
}

/** Output: those of the jobs that are there, of whatever tenant: the caller knows whose they are. */
export async function findFineTuningsById(
  db: Queryable,
  ids: readonly string[],
): Promise<FineTuningRecord[]> {
  const rows = await db.query<FineTuningRow>(
    `SELECT ${COLUMNS} FROM fine_tunings WHERE id = ANY ($1::uuid[])`,
    [ids],
  );
  return rows.map(toRecord);
}

/** Input: ids older than `before` only, of one state if given. Output: the tenant's jobs, newest first, `limit` at most. */
export async function listFineTunings(
  db: Queryable,
  tenantId: string,
  page: { limit: number; before?: string; state?: FineTuningState },
): Promise<FineTuningRecord[]> {
  const rows = await db.query<FineTuningRow>(
    `SELECT ${COLUMNS} FROM fine_tunings
     WHERE tenant_id = $1 AND ($2::uuid IS NULL OR id < $2) AND ($3::text IS NULL OR state = $3)
     ORDER BY id DESC LIMIT $4`,
    [tenantId, page.before ?? null, page.state ?? null, page.limit],
  );
  return rows.map(toRecord);
}
