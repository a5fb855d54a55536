import type { Queryable } from '../database.js';
import { SERVES } from './worker.js';

export interface TrainerRow {
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  /** Names of the checkpoints it has. */
  readonly bases: readonly string[];
}

/** Output: the trainer is known, and was seen now. Its bases may have changed. */
export async function saveTrainer(db: Queryable, trainer: TrainerRow): Promise<void> {
  await db.query(
    `INSERT INTO trainers (id, host, pid, bases) VALUES ($1, $2, $3, $4)
     ON CONFLICT (id) DO UPDATE SET seen_at = now(), bases = excluded.bases`,
    [trainer.id, trainer.host, trainer.pid, trainer.bases],
  );
}

/** Output: names of the bases that some trainer has had within the last week; the job waits for the next one. */
export async function listBases(db: Queryable): Promise<string[]> {
  const rows = await db.query<{ base: string }>(
    `SELECT DISTINCT unnest(bases) AS base FROM trainers
     WHERE seen_at > now() - interval '7 days' ORDER BY base`,
  );
  return rows.map((row) => row.base);
}

/** Output: rows of trainers that will not come back are deleted. */
export async function forgetDeadTrainers(db: Queryable): Promise<void> {
  await db.query(`DELETE FROM trainers WHERE seen_at < now() - interval '7 days'`);
}

export interface WaitedForModel {
  readonly name: string;
  readonly storedAt: string;
  readonly note: string | null;
  /** Workers of other processes that serve it and were seen lately. */
  readonly workers: number;
}

/** Output: models of the object store that jobs wait for or run on now, whoever waits longest first. */
export async function listModelsWaitedFor(db: Queryable): Promise<WaitedForModel[]> {
  return db.query<WaitedForModel & Record<string, unknown>>(
    `SELECT models.name, models.stored_at AS "storedAt", models.note,
            (SELECT count(*)::int FROM workers
             WHERE workers.model = models.name AND ${SERVES}) AS workers
     FROM models JOIN (
       SELECT model, min(id::text) AS first FROM jobs
       WHERE state IN ('queued', 'running', 'cancelling') GROUP BY model
     ) AS open ON open.model = models.name
     WHERE models.stored_at IS NOT NULL ORDER BY open.first`,
  );
}
