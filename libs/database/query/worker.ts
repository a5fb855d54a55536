import type { Queryable } from '../database.js';

/** A worker that has not been seen for so long is taken for dead. */
export const SEEN_WITHIN = '15 seconds';

/** Condition on a row of `workers`: it counts as capacity. */
export const SERVES = `workers.state <> 'starting' AND seen_at > now() - interval '${SEEN_WITHIN}'`;

export interface NewWorker {
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  readonly model: {
    name: string;
    family: string;
    imageSize: number;
    note: string | null;
    /** Of its weights and of who runs them; without one its answers are never taken for known. */
    revision?: string | null;
  };
}

/**
 * Input: a worker whose engine is ready. Output: its model and itself are known; jobs may name the model.
 * Errors: those of the connection.
 */
export async function registerWorker(db: Queryable, worker: NewWorker): Promise<void> {
  const { model } = worker;
  await db.query(
    `INSERT INTO models (name, family, image_size, note, revision) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (name) DO UPDATE SET family = excluded.family, image_size = excluded.image_size,
       note = excluded.note, revision = excluded.revision`,
    [model.name, model.family, model.imageSize, model.note, model.revision ?? null],
  );
  await db.query(
    `INSERT INTO workers (id, model, host, pid) VALUES ($1, $2, $3, $4)
     ON CONFLICT (id) DO UPDATE SET seen_at = now(), state = 'ready'`,
    [worker.id, model.name, worker.host, worker.pid],
  );
}

/** Input: a worker's id. Output: it is gone from the count at once; nothing if it was not known. */
export async function removeWorker(db: Queryable, workerId: string): Promise<void> {
  await db.query('DELETE FROM workers WHERE id = $1', [workerId]);
}

/** Output: workers of the model that were seen lately. */
export async function countWorkers(db: Queryable, model: string): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM workers
     WHERE model = $1 AND ${SERVES}`,
    [model],
  );
  return row?.count ?? 0;
}

export interface ModelWorkers {
  readonly model: string;
  /** Whose model it is; null: everybody's. */
  readonly tenantId: string | null;
  readonly workers: number;
}

/** Output: every model with its workers that were seen lately, by name. */
export async function listModelWorkers(db: Queryable): Promise<ModelWorkers[]> {
  const rows = await db.query<{ name: string; tenant_id: string | null; workers: number }>(
    `SELECT name, tenant_id,
            (SELECT count(*)::int FROM workers
             WHERE workers.model = models.name AND ${SERVES}) AS workers
     FROM models ORDER BY name`,
  );
  return rows.map((row) => ({ model: row.name, tenantId: row.tenant_id, workers: row.workers }));
}

/** Output: rows of workers that have been away for an hour are deleted; in 90 days their hosts are forgotten, too. */
export async function forgetDeadWorkers(db: Queryable): Promise<void> {
  await db.query(`DELETE FROM workers WHERE seen_at < now() - interval '1 hour'`);
  await db.query(`DELETE FROM past_workers WHERE ended_at < now() - interval '90 days'`);
}

/** Output: the host of each worker that is there or was within 90 days. */
export async function findWorkerHosts(
  db: Queryable,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (ids.length === 0) return new Map();
  const rows = await db.query<{ id: string; host: string }>(
    `SELECT id, host FROM past_workers WHERE id = ANY ($1::uuid[])
     UNION ALL SELECT id, host FROM workers WHERE id = ANY ($1::uuid[])`,
    [ids],
  );
  return new Map(rows.map(({ id, host }) => [id, host]));
}

/** Output: names of all models that a worker ever served: those the dispatcher feeds. */
export async function listModelNames(db: Queryable): Promise<string[]> {
  return (await db.query<{ name: string }>('SELECT name FROM models ORDER BY name')).map(
    (row) => row.name,
  );
}

/**
 * Input: accelerator time per image and task of one micro-batch, in milliseconds. Output: the moving
 * average that shard sizes and fairness go by.
 */
export async function recordTaskTime(db: Queryable, model: string, taskMs: number): Promise<void> {
  await db.query(
    `UPDATE models SET task_ms = coalesce(task_ms * 0.9 + $2 * 0.1, $2) WHERE name = $1`,
    [model, taskMs],
  );
}
