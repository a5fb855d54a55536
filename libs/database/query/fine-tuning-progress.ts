import type { FineTuningError } from '#contracts';
import type { Database, Queryable } from '../database.js';
import { addFineTuningEvents, type NewFineTuningEvent } from './fine-tuning-event.js';
import { MOST_TRAINER_LOSSES, TRAINER_CRASHED, type HeldFineTuning } from './fine-tuning-lease.js';

/** Checkpoints that are kept: one more than is needed, for one whose files turn out damaged. */
const KEPT_CHECKPOINTS = 2;

/** Runs `work` while the lease is locked and held. Output: undefined when it was lost, and nothing was done. */
async function whileHeld<T>(
  database: Database,
  held: HeldFineTuning,
  work: (tx: Queryable, state: 'running' | 'cancelling') => Promise<T>,
): Promise<T | undefined> {
  return database.transaction(async (tx) => {
    const [row] = await tx.query<{ state: 'running' | 'cancelling' }>(
      `SELECT state FROM fine_tunings
       WHERE id = $1 AND fence = $2 AND state IN ('running', 'cancelling') FOR UPDATE`,
      [held.jobId, held.fence],
    );
    return row && (await work(tx, row.state));
  });
}

/**
 * Input: a lease, what its training said since the last time. Output: false when the lease was lost.
 * Errors: those of the connection; the same call again is safe for steps and evaluations.
 */
export async function commitFineTuningProgress(
  database: Database,
  held: HeldFineTuning,
  progress: { readonly events: readonly NewFineTuningEvent[]; readonly steps?: number },
): Promise<boolean> {
  const step = Math.max(0, ...progress.events.map((event) => event.step ?? 0));
  const done = await whileHeld(database, held, async (tx) => {
    await addFineTuningEvents(tx, held.jobId, progress.events);
    await tx.query(
      `UPDATE fine_tunings SET step = greatest(step, $2), steps = coalesce($3, steps) WHERE id = $1`,
      [held.jobId, step, progress.steps ?? null],
    );
    return true;
  });
  return done ?? false;
}

/**
 * Input: a lease, a checkpoint whose files the object store has.
 * Output: jobs go on from it, and where the files of checkpoints lie that are not needed any more; undefined
 * when the lease was lost: remove the files. Errors: those of the connection.
 */
export async function commitFineTuningCheckpoint(
  database: Database,
  held: HeldFineTuning,
  checkpoint: { readonly step: number; readonly storedAt: string; readonly bytes: number },
): Promise<string[] | undefined> {
  const { step, storedAt, bytes } = checkpoint;
  return whileHeld(database, held, async (tx) => {
    // A checkpoint of the same step that another trainer made is the same state; ours is known to be whole.
    const replaced = await tx.query<{ stored_at: string }>(
      `DELETE FROM fine_tuning_checkpoints WHERE job_id = $1 AND step = $2 AND stored_at <> $3
       RETURNING stored_at`,
      [held.jobId, step, storedAt],
    );
    await tx.query(
      `INSERT INTO fine_tuning_checkpoints (job_id, step, stored_at, bytes) VALUES ($1, $2, $3, $4)
       ON CONFLICT DO NOTHING`,
      [held.jobId, step, storedAt, bytes],
    );
    await addFineTuningEvents(tx, held.jobId, [
      { type: 'checkpoint', level: 'info', message: `Checkpoint of step ${step}`, step },
    ]);
    await tx.query('UPDATE fine_tunings SET losses = 0, step = greatest(step, $2) WHERE id = $1', [
      held.jobId,
      step,
    ]);
    const old = await tx.query<{ stored_at: string }>(
      `DELETE FROM fine_tuning_checkpoints WHERE job_id = $1 AND step NOT IN (
         SELECT step FROM fine_tuning_checkpoints WHERE job_id = $1 ORDER BY step DESC LIMIT $2)
       RETURNING stored_at`,
      [held.jobId, KEPT_CHECKPOINTS],
    );
    return [...replaced, ...old].map((row) => row.stored_at);
  });
}

/**
 * Input: a lease, the step of a checkpoint from which it cannot go on. Output: the checkpoint does not count
 * any more, and where its files lie; undefined when the lease was lost or there is no such checkpoint.
 */
export async function dropFineTuningCheckpoint(
  database: Database,
  held: HeldFineTuning,
  step: number,
): Promise<string | undefined> {
  return whileHeld(database, held, async (tx) => {
    const [row] = await tx.query<{ stored_at: string }>(
      `DELETE FROM fine_tuning_checkpoints WHERE job_id = $1 AND step = $2 RETURNING stored_at`,
      [held.jobId, step],
    );
    return row?.stored_at;
  });
}

export type FineTuningEnd =
  | {
      readonly kind: 'succeeded';
      readonly step: number;
      readonly model: {
        readonly name: string;
        readonly family: string;
        readonly imageSize: number;
        readonly storedAt: string;
        readonly note: string;
      };
    }
  | { readonly kind: 'failed'; readonly error: FineTuningError }
  /** After a checkpoint that was committed before. */
  | { readonly kind: 'cancelled' }
  /** Another trainer, or this one later, goes on. A loss is an end that the job itself may have caused. */
  | {
      readonly kind: 'given_back';
      readonly message: string;
      readonly afterMs: number;
      readonly isLoss: boolean;
    };

/**
 * Input: a lease and how its run ended. Output: the job has that end, a result is a model that jobs of the
 * tenant may name, all in one transaction; false when the lease was lost and nothing was done.
 * A run that is given back while its job is being cancelled ends as cancelled; one that is lost too often
 * without a checkpoint in between ends as failed.
 */
export async function endFineTuning(
  database: Database,
  held: HeldFineTuning,
  end: FineTuningEnd,
): Promise<boolean> {
  const done = await whileHeld(database, held, async (tx, state) => {
    if (end.kind === 'succeeded') await saveModel(tx, held, end);
    else if (end.kind === 'failed') await fail(tx, held, end.error);
    else if (end.kind === 'cancelled' || state === 'cancelling') await cancel(tx, held);
    else await giveBack(tx, held, end);
    return true;
  });
  return done ?? false;
}

async function saveModel(
  tx: Queryable,
  { jobId }: HeldFineTuning,
  { model, step }: Extract<FineTuningEnd, { kind: 'succeeded' }>,
): Promise<void> {
  await tx.query(
    `INSERT INTO models (name, family, image_size, note, tenant_id, stored_at)
     SELECT $2, $3, $4, $5, tenant_id, $6 FROM fine_tunings WHERE id = $1`,
    [jobId, model.name, model.family, model.imageSize, model.note, model.storedAt],
  );
  await tx.query(
    `UPDATE fine_tunings SET state = 'succeeded', step = $2, model = $3, error = NULL, finished_at = now(),
            lease_until = NULL
     WHERE id = $1`,
    [jobId, step, model.name],
  );
  const message = `Finished: jobs may name the model ${model.name}`;
  await addFineTuningEvents(tx, jobId, [{ type: 'succeeded', level: 'info', message, step }]);
}

async function fail(
  tx: Queryable,
  { jobId }: HeldFineTuning,
  error: FineTuningError,
): Promise<void> {
  await tx.query(
    `UPDATE fine_tunings SET state = 'failed', error = $2, finished_at = now(), lease_until = NULL WHERE id = $1`,
    [jobId, JSON.stringify(error)],
  );
  await addFineTuningEvents(tx, jobId, [
    { type: 'failed', level: 'error', message: error.detail, data: { code: error.code } },
  ]);
}

async function cancel(tx: Queryable, { jobId }: HeldFineTuning): Promise<void> {
  await tx.query(
    `UPDATE fine_tunings SET state = 'cancelled', finished_at = now(), lease_until = NULL WHERE id = $1`,
    [jobId],
  );
  const message = 'Cancelled; resume goes on from the last checkpoint';
  await addFineTuningEvents(tx, jobId, [{ type: 'cancelled', level: 'info', message }]);
}

async function giveBack(
  tx: Queryable,
  held: HeldFineTuning,
  { message, afterMs, isLoss }: Extract<FineTuningEnd, { kind: 'given_back' }>,
): Promise<void> {
  const { jobId } = held;
  const [row] = await tx.query<{ losses: number }>(
    `UPDATE fine_tunings SET state = 'queued', trainer_id = NULL, lease_until = NULL,
            losses = losses + CASE WHEN $3 THEN 1 ELSE 0 END,
            ready_at = now() + $2 * interval '1 millisecond'
     WHERE id = $1 RETURNING losses`,
    [jobId, afterMs, isLoss],
  );
  await addFineTuningEvents(tx, jobId, [{ type: 'interrupted', level: 'warn', message }]);
  if ((row?.losses ?? 0) >= MOST_TRAINER_LOSSES) await fail(tx, held, TRAINER_CRASHED);
}
