import { UNMEASURED_TASK_MS } from '#pipeline';
import type { Queryable } from '../database.js';
import { SERVES } from './worker.js';

export interface BacklogRecord {
  /** A worker has served the model at some time. */
  readonly isKnown: boolean;
  /** Measured accelerator time per image and task, in milliseconds; null before the first measure. */
  readonly taskMs: number | null;
  readonly outstandingItems: number;
  /** At the measured time, or at the assumed one while there is none. */
  readonly outstandingSeconds: number;
  readonly inFlightItems: number;
  readonly inFlightSeconds: number;
  /** Age of the oldest job of which no worker has taken anything; null when there is none. */
  readonly oldestWaitSeconds: number | null;
  readonly workers: number;
}

interface BacklogRow extends Record<string, unknown> {
  is_known: boolean;
  task_ms: number | null;
  waiting_items: string;
  waiting_answers: string;
  held_items: string;
  held_answers: string;
  ending_items: string;
  ending_answers: string;
  oldest_wait: number | null;
  workers: number;
}

/**
 * Input: a model. Output: what its workers have before them. One row per open job and per lease is read, none per
 * image or waiting shard, so it may be asked every few seconds however large the backlog.
 * Errors: those of the connection.
 *
 * A job that is paused or being cancelled waits for nobody, but what workers hold of it they still hold.
 */
export async function readBacklog(db: Queryable, model: string): Promise<BacklogRecord> {
  const [row] = await db.query<BacklogRow>(
    `WITH held AS (
       SELECT coalesce(sum(remaining), 0) AS items,
              coalesce(sum(remaining * tasks_per_item(jobs)), 0) AS answers,
              coalesce(sum(remaining) FILTER (WHERE jobs.state IN ('cancelling', 'paused')), 0) AS ending_items,
              coalesce(sum(remaining * tasks_per_item(jobs))
                FILTER (WHERE jobs.state IN ('cancelling', 'paused')), 0) AS ending_answers
       FROM shards JOIN jobs ON jobs.id = shards.job_id
       WHERE shards.state = 'leased' AND shards.model = $1
     ), waiting AS (
       SELECT coalesce(sum(item_count - succeeded - failed - cancelled), 0) AS items,
              coalesce(sum((item_count - succeeded - failed - cancelled)::bigint * tasks_per_item(jobs)), 0) AS answers,
              extract(epoch FROM now() - min(created_at) FILTER (WHERE state = 'queued'))::float8 AS oldest
       FROM jobs WHERE model = $1 AND state IN ('queued', 'running')
     )
     SELECT EXISTS (SELECT 1 FROM models WHERE name = $1) AS is_known,
            (SELECT task_ms FROM models WHERE name = $1) AS task_ms,
            waiting.items AS waiting_items, waiting.answers AS waiting_answers,
            held.items AS held_items, held.answers AS held_answers,
            held.ending_items, held.ending_answers,
            waiting.oldest AS oldest_wait,
            (SELECT count(*)::int FROM workers
             WHERE model = $1 AND ${SERVES}) AS workers
     FROM held, waiting`,
    [model],
  );
  return toRecord(row!);
}

function toRecord(row: BacklogRow): BacklogRecord {
  const secondsPerAnswer = (row.task_ms ?? UNMEASURED_TASK_MS) / 1000;
  const answers = Number(row.waiting_answers) + Number(row.ending_answers);
  return {
    isKnown: row.is_known,
    taskMs: row.task_ms,
    outstandingItems: Number(row.waiting_items) + Number(row.ending_items),
    outstandingSeconds: answers * secondsPerAnswer,
    inFlightItems: Number(row.held_items),
    inFlightSeconds: Number(row.held_answers) * secondsPerAnswer,
    oldestWaitSeconds: row.oldest_wait,
    workers: row.workers,
  };
}

/** Output: models whose pools are worth watching: everybody's, and those of one tenant while jobs name them. */
export async function listOpenPools(db: Queryable): Promise<string[]> {
  const rows = await db.query<{ name: string }>(
    `SELECT name FROM models
     WHERE tenant_id IS NULL
        OR EXISTS (SELECT 1 FROM jobs WHERE model = models.name AND state IN ('queued', 'running', 'cancelling'))
     ORDER BY name`,
  );
  return rows.map((row) => row.name);
}
