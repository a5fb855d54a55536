import type { FineTuningError } from '#contracts';
import type { Database, Queryable } from '../database.js';
import { addFineTuningEvents } from './fine-tuning-event.js';
import { toOrder, type NewFineTuning, type OrderedRow } from './fine-tuning.js';

/** A trainer that dies so often without a checkpoint in between is killed by its job. */
export const MOST_TRAINER_LOSSES = 3;

export const TRAINER_CRASHED: FineTuningError = {
  code: 'training.crashed',
  detail: `The trainer died ${MOST_TRAINER_LOSSES} times without reaching a checkpoint, most likely for want of memory. Try a smaller batch_size or text_tokens, or lora; resume goes on from the last checkpoint.`,
  lines: [],
};

export interface HeldFineTuning {
  readonly jobId: string;
  /** Proof of being the newest holder; every later statement carries it. */
  readonly fence: number;
}

/** What was ordered, and the right to do it. */
export interface FineTuningLease extends HeldFineTuning, Omit<NewFineTuning, 'id' | 'metadata'> {
  /** Where to go on; null to begin. */
  readonly checkpoint: { readonly step: number; readonly storedAt: string } | null;
  /** `traceparent` of the request that ordered it. */
  readonly traceParent: string | null;
}

type ClaimedRow = OrderedRow & { fence: number; trace_parent: string | null };

/**
 * Input: a trainer's id, the bases it has, the lease in milliseconds.
 * Output: the lease of the job whose turn it is; undefined when there is none. Its turn has first whoever's
 * tenant trains least at the moment, then the oldest. A job whose trainer went silent is there again.
 * Errors: those of the connection.
 */
export async function claimFineTuning(
  database: Database,
  trainerId: string,
  bases: readonly string[],
  leaseMs: number,
): Promise<FineTuningLease | undefined> {
  return database.transaction(async (tx) => {
    const [row] = await tx.query<ClaimedRow & { was: string; host: string | null }>(
      `WITH next AS (
         SELECT id, state AS was FROM fine_tunings AS waiting
         WHERE base = ANY ($2::text[]) AND ready_at <= now()
           AND (state = 'queued' OR state = 'running' AND lease_until < now() AND losses < $4 - 1)
         ORDER BY (SELECT count(*) FROM fine_tunings AS running
                   WHERE running.tenant_id = waiting.tenant_id AND running.id <> waiting.id
                     AND running.state = 'running' AND running.lease_until >= now()), id
         LIMIT 1 FOR UPDATE SKIP LOCKED
       )
       UPDATE fine_tunings SET state = 'running', fence = fence + 1, trainer_id = $1,
              losses = losses + CASE WHEN next.was = 'running' THEN 1 ELSE 0 END,
              lease_until = now() + $3 * interval '1 millisecond',
              started_at = coalesce(started_at, now())
       FROM next WHERE fine_tunings.id = next.id
       RETURNING fine_tunings.id, fence, tenant_id, base, training_file, validation_file, set_id, plan,
                 suffix, precision, trace_parent, next.was`,
      [trainerId, bases, leaseMs, MOST_TRAINER_LOSSES],
    );
    if (row === undefined) return undefined;
    if (row.was === 'running') {
      const message = 'The trainer went silent; another one takes over';
      await addFineTuningEvents(tx, row.id, [{ type: 'interrupted', level: 'warn', message }]);
    }
    return toLease(tx, row);
  });
}

async function toLease(tx: Queryable, row: ClaimedRow): Promise<FineTuningLease> {
  const [checkpoint] = await tx.query<{ step: number; storedAt: string }>(
    `SELECT step, stored_at AS "storedAt" FROM fine_tuning_checkpoints
     WHERE job_id = $1 ORDER BY step DESC LIMIT 1`,
    [row.id],
  );
  return {
    ...toOrder(row),
    jobId: row.id,
    fence: row.fence,
    checkpoint: checkpoint ?? null,
    traceParent: row.trace_parent,
  };
}

/**
 * Input: a lease. Output: it is held for another `leaseMs`, and whether the job is being cancelled;
 * undefined when it was lost: stop, and commit nothing. Errors: those of the connection.
 */
export async function renewFineTuning(
  db: Queryable,
  held: HeldFineTuning,
  leaseMs: number,
): Promise<{ cancelling: boolean } | undefined> {
  const [row] = await db.query<{ cancelling: boolean }>(
    `UPDATE fine_tunings SET lease_until = now() + $3 * interval '1 millisecond'
     WHERE id = $1 AND fence = $2 AND state IN ('running', 'cancelling')
     RETURNING state = 'cancelling' AS cancelling`,
    [held.jobId, held.fence, leaseMs],
  );
  return row;
}

/**
 * Ends what no trainer will: jobs that were to be cancelled when their trainer died, and jobs that killed
 * one trainer after the other. Any number of processes may call it.
 */
export async function sweepFineTunings(database: Database): Promise<void> {
  await database.transaction(async (tx) => {
    const cancelled = await tx.query<{ id: string }>(
      `UPDATE fine_tunings SET state = 'cancelled', fence = fence + 1, finished_at = now(), lease_until = NULL
       WHERE state = 'cancelling' AND lease_until < now() RETURNING id`,
    );
    for (const { id } of cancelled) {
      const message = 'Cancelled; what came after the last checkpoint is lost';
      await addFineTuningEvents(tx, id, [{ type: 'cancelled', level: 'warn', message }]);
    }
    const crashed = await tx.query<{ id: string }>(
      `UPDATE fine_tunings SET state = 'failed', fence = fence + 1, finished_at = now(), lease_until = NULL,
              error = $2
       WHERE state = 'running' AND lease_until < now() AND losses >= $1 - 1 RETURNING id`,
      [MOST_TRAINER_LOSSES, JSON.stringify(TRAINER_CRASHED)],
    );
    for (const { id } of crashed) {
      await addFineTuningEvents(tx, id, [
        { type: 'failed', level: 'error', message: TRAINER_CRASHED.detail },
      ]);
    }
  });
}
