import type { WorkerActivity, WorkerReport } from '#contracts';
import type { Queryable } from '../database.js';
import { SEEN_WITHIN } from './worker.js';

/** What a worker has done since its last report. */
export interface WorkDone {
  readonly succeeded: number;
  readonly failed: number;
  readonly tokens: number;
  /** Images that succeeded, by the step of their time (`latencyStep`); those that were known already are not in it. */
  readonly latency: Readonly<Record<string, number>>;
}

export interface ReportingWorker {
  readonly id: string;
  readonly model: string;
  readonly host: string;
  readonly pid: number;
  readonly state: WorkerActivity;
  readonly report: WorkerReport;
  readonly done: WorkDone;
}

/**
 * Input: what a worker says of itself. Output: it is kept, and added to what its model's workers have done; whether
 * somebody wants the worker to end. A model that nobody has served yet has no row, and so no worker that starts.
 * Errors: those of the connection.
 */
export async function reportWorker(db: Queryable, worker: ReportingWorker): Promise<boolean> {
  const { id, model, host, pid, state, report, done } = worker;
  const [row] = await db.query<{ drains: boolean }>(
    `WITH counted AS (
       UPDATE models SET items_succeeded = items_succeeded + $7, items_failed = items_failed + $8,
         tokens = models.tokens + $9, latency_counts = summed_counts(models.latency_counts, $10)
       WHERE name = $2 AND $7::bigint + $8::bigint + $9::bigint > 0
     )
     INSERT INTO workers (id, model, host, pid, state, report)
     SELECT $1, name, $3, $4, $5, $6 FROM models WHERE name = $2
     ON CONFLICT (id) DO UPDATE SET state = excluded.state, report = excluded.report, seen_at = now()
     RETURNING drain_requested_at IS NOT NULL AS drains`,
    [id, model, host, pid, state, report, done.succeeded, done.failed, done.tokens, done.latency],
  );
  return row?.drains ?? false;
}

export interface WorkerRecord {
  readonly id: string;
  readonly model: string;
  readonly host: string;
  readonly pid: number;
  readonly state: WorkerActivity | 'lost';
  readonly startedAt: Date;
  readonly seenAt: Date;
  readonly drainRequestedAt: Date | null;
  readonly report: WorkerReport | null;
}

interface WorkerRow extends WorkerRecord, Record<string, unknown> {}

const COLUMNS = `id, model, host, pid, report,
  CASE WHEN seen_at > now() - interval '${SEEN_WITHIN}' THEN state ELSE 'lost' END AS state,
  started_at AS "startedAt", seen_at AS "seenAt", drain_requested_at AS "drainRequestedAt"`;

/** Newest first: every worker of the last hour that has not ended in order. */
export function listWorkers(
  db: Queryable,
  page: { limit: number; before?: string },
): Promise<WorkerRecord[]> {
  return db.query<WorkerRow>(
    `SELECT ${COLUMNS} FROM workers WHERE ($1::uuid IS NULL OR id < $1) ORDER BY id DESC LIMIT $2`,
    [page.before ?? null, page.limit],
  );
}

/**
 * Input: a worker's id. Output: the worker, which is asked to end unless it is lost; undefined when there is none. A
 * second time changes nothing.
 */
export async function requestDrain(db: Queryable, id: string): Promise<WorkerRecord | undefined> {
  const [row] = await db.query<WorkerRow>(
    `UPDATE workers SET drain_requested_at =
       CASE WHEN seen_at > now() - interval '${SEEN_WITHIN}' THEN coalesce(drain_requested_at, now())
            ELSE drain_requested_at END
     WHERE id = $1 RETURNING ${COLUMNS}`,
    [id],
  );
  return row;
}

export interface WorkerLoad {
  readonly host: string;
  readonly isBusy: boolean;
}

/** Output: every worker that was seen lately, and whether it holds work. */
export function listWorkerLoads(db: Queryable): Promise<WorkerLoad[]> {
  return db.query<WorkerLoad & Record<string, unknown>>(
    `SELECT host, state = 'busy' AS "isBusy" FROM workers
     WHERE seen_at > now() - interval '${SEEN_WITHIN}' ORDER BY id`,
  );
}
