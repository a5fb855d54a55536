import { AppError, type FineTuningState } from '#contracts';
import type { Queryable } from '../database.js';
import { addFineTuningEvents } from './fine-tuning-event.js';
import { findFineTuning } from './fine-tuning.js';

/**
 * Input: a transaction, a job of the tenant. Output: its state after the call: `cancelled` when no trainer
 * had it, `cancelling` while one still ends its update and saves a checkpoint, or what it already was;
 * undefined when the tenant has no such job. Cancelling twice is cancelling once.
 */
export async function cancelFineTuning(
  tx: Queryable,
  tenantId: string,
  jobId: string,
): Promise<FineTuningState | undefined> {
  const job = await findFineTuning(tx, tenantId, jobId, { lock: true });
  if (job === undefined) return undefined;
  if (job.state === 'queued') {
    await tx.query(
      `UPDATE fine_tunings SET state = 'cancelled', finished_at = now() WHERE id = $1`,
      [jobId],
    );
    const message = 'Cancelled before a trainer took it';
    await addFineTuningEvents(tx, jobId, [{ type: 'cancelled', level: 'info', message }]);
    return 'cancelled';
  }
  if (job.state !== 'running') return job.state;
  await tx.query(`UPDATE fine_tunings SET state = 'cancelling' WHERE id = $1`, [jobId]);
  const message = 'Ends after the update under way, with a checkpoint';
  await addFineTuningEvents(tx, jobId, [{ type: 'cancel_requested', level: 'info', message }]);
  return 'cancelling';
}

/**
 * Input: a transaction, a job of the tenant. Output: its state after the call: `queued` when it was
 * cancelled or had failed, and goes on from its last checkpoint; a job that waits or runs stays as it is;
 * undefined when the tenant has no such job.
 * Errors: `tuning.cancelling` (retryable), `tuning.finished`.
 */
export async function resumeFineTuning(
  tx: Queryable,
  tenantId: string,
  jobId: string,
): Promise<FineTuningState | undefined> {
  const job = await findFineTuning(tx, tenantId, jobId, { lock: true });
  if (job === undefined || job.state === 'queued' || job.state === 'running') return job?.state;
  if (job.state === 'cancelling') {
    throw new AppError(
      'tuning.cancelling',
      'It is still being cancelled; resume it once it is cancelled.',
      { retryable: true },
    );
  }
  if (job.state === 'succeeded') {
    throw new AppError(
      'tuning.finished',
      `It has finished: its model is ${job.model}. Create another job to train on.`,
    );
  }
  await tx.query(
    `UPDATE fine_tunings SET state = 'queued', error = NULL, finished_at = NULL, losses = 0, ready_at = now()
     WHERE id = $1`,
    [jobId],
  );
  const from = job.checkpointStep === null ? 'the beginning' : `step ${job.checkpointStep}`;
  const message = `Goes on from ${from}`;
  await addFineTuningEvents(tx, jobId, [{ type: 'resumed', level: 'info', message }]);
  return 'queued';
}
