import type { Answer, Timings } from '#contracts';
import type { Queryable } from '../database.js';
import type { HeldShard } from './lease.js';

/** An item that has reached its end. */
export interface EndedItem {
  readonly n: number;
  readonly state: 'succeeded' | 'failed';
  readonly attempts: number;
  readonly error?: { readonly code: string; readonly detail: string };
  readonly answers?: readonly Answer[];
  /** Pixels, upright. */
  readonly width?: number;
  readonly height?: number;
  readonly timings?: Timings;
  /** Its new answers that are to be known from now on. */
  readonly remember?: readonly RememberedAnswer[];
}

export interface RememberedAnswer {
  /** Content of the image, lower-case hex. */
  readonly sha256: string;
  readonly question: number;
  /** Number of the task in the item's answers. */
  readonly task: number;
}

export interface Commit {
  /** Items that landed; an item that had its row already is not counted again. */
  readonly landed: number;
  readonly shardDone: boolean;
  readonly jobState: string;
}

/**
 * The fenced commit of a micro-batch: rows, the shard's rest and the job's counters in one statement.
 *
 * Input: a lease, its worker, items that have ended (each once).
 * Output: what landed; undefined when the lease was lost: nothing was written, drop the work.
 * Errors: those of the connection; then it is unknown whether it landed, and the same call again is
 * safe, for the items' key lets each in once a run and the counters count rows that went in.
 *
 * In a run that asks more, an item has its row already: its new answers go behind those that it has.
 *
 * Lock order everywhere is shard, then job: two commits can never wait for each other.
 */
export async function commitItems(
  db: Queryable,
  held: HeldShard,
  workerId: string,
  items: readonly EndedItem[],
): Promise<Commit | undefined> {
  const [row] = await db.query<{ landed: number; shard_state: string; job_state: string }>(COMMIT, [
    held.shardId,
    held.fence,
    workerId,
    storableJson(items.map(toRecord)),
    ...rememberedColumns(items),
  ]);
  if (row === undefined) return undefined;
  return { landed: row.landed, shardDone: row.shard_state === 'done', jobState: row.job_state };
}

/** Parallel arrays: number of the item, content, question, task. */
function rememberedColumns(items: readonly EndedItem[]): [number[], string[], number[], number[]] {
  const rows = items.flatMap(({ n, remember = [] }) =>
    remember.map((answer) => ({ n, ...answer })),
  );
  return [
    rows.map((row) => row.n),
    rows.map((row) => row.sha256),
    rows.map((row) => row.question),
    rows.map((row) => row.task),
  ];
}

function toRecord(item: EndedItem): Record<string, unknown> {
  return {
    n: item.n,
    state: item.state,
    attempts: item.attempts,
    error_code: item.error?.code,
    error_detail: item.error?.detail,
    answers: item.answers,
    width: item.width,
    height: item.height,
    timings: item.timings,
  };
}

/** What JSON makes of NUL and of half a surrogate pair: a model may write them, jsonb takes neither. */
const UNSTORABLE = /\\u(0000|d[89a-f])/;

function storableJson(value: unknown): string {
  const json = JSON.stringify(value);
  // Visiting every string costs several times the rest, so only when one of them may need it.
  return UNSTORABLE.test(json) ? JSON.stringify(value, storableText) : json;
}

function storableText(_key: string, value: unknown): unknown {
  return typeof value === 'string' ? value.replaceAll('\0', '\uFFFD').toWellFormed() : value;
}

const STOPS = `(jobs.state IN ('queued', 'running', 'paused') AND fails_too_often(
  jobs, jobs.failed + counts.failed, jobs.succeeded + jobs.failed + counts.succeeded + counts.failed))`;

const COMMIT = `
WITH held AS (
  SELECT id, job_id, run, leased_at FROM shards WHERE id = $1 AND fence = $2 AND state = 'leased' FOR UPDATE
), landed AS (
  INSERT INTO items (job_id, n, state, attempts, error_code, error_detail, answers, width, height, timings, worker_id, leased_at, run)
  SELECT held.job_id, r.n, r.state, r.attempts, r.error_code, r.error_detail, r.answers, r.width, r.height, r.timings,
         $3, held.leased_at, held.run
  FROM held, jsonb_to_recordset($4::jsonb) AS r (
    n int, state text, attempts smallint, error_code text, error_detail text,
    answers jsonb, width int, height int, timings jsonb)
  ON CONFLICT (job_id, n) DO UPDATE
    SET state = excluded.state, attempts = excluded.attempts, error_code = excluded.error_code,
        error_detail = excluded.error_detail, timings = excluded.timings, worker_id = excluded.worker_id,
        leased_at = excluded.leased_at,
        answers = CASE WHEN items.answers IS NULL THEN excluded.answers
                       ELSE items.answers || coalesce(excluded.answers, '[]') END,
        width = coalesce(items.width, excluded.width), height = coalesce(items.height, excluded.height),
        run = excluded.run, finished_at = excluded.finished_at
    WHERE items.run < excluded.run
  RETURNING n, state, coalesce(error_code, 'unknown') AS code, latency_step(timings) AS step
), counts AS (
  SELECT count(*)::int AS total,
         count(*) FILTER (WHERE state = 'succeeded')::int AS succeeded,
         count(*) FILTER (WHERE state = 'failed')::int AS failed,
         (SELECT coalesce(jsonb_object_agg(code, total), '{}')
          FROM (SELECT code, count(*) AS total FROM landed WHERE state = 'failed' GROUP BY code) AS c) AS codes,
         -- Of what succeeded alone: a retry takes nothing of that back.
         (SELECT coalesce(jsonb_object_agg(step, total), '{}')
          FROM (SELECT step, count(*) AS total FROM landed
                WHERE state = 'succeeded' AND step IS NOT NULL GROUP BY step) AS s) AS steps
  FROM landed
), shard AS (
  UPDATE shards SET remaining = remaining - counts.total,
         state = CASE WHEN remaining = counts.total THEN 'done' ELSE shards.state END
  FROM held, counts WHERE shards.id = held.id
  RETURNING shards.state
), job AS (
  UPDATE jobs SET succeeded = jobs.succeeded + counts.succeeded, failed = jobs.failed + counts.failed,
         error_counts = CASE WHEN counts.failed = 0 THEN jobs.error_counts
                             ELSE summed_counts(jobs.error_counts, counts.codes) END,
         latency_counts = CASE WHEN counts.steps = '{}' THEN jobs.latency_counts
                               ELSE summed_counts(jobs.latency_counts, counts.steps) END,
         state = CASE WHEN jobs.succeeded + jobs.failed + jobs.cancelled + counts.total = jobs.item_count
                      -- Cancelled items stay so when only failed ones are done again.
                      THEN CASE WHEN jobs.cancelled > 0 AND jobs.stop_reason IS NULL THEN 'cancelled' ELSE 'completed' END
                      WHEN ${STOPS} THEN 'cancelling'
                      ELSE jobs.state END,
         stop_reason = CASE WHEN jobs.succeeded + jobs.failed + jobs.cancelled + counts.total < jobs.item_count
                             AND ${STOPS} THEN 'failure_rate' ELSE jobs.stop_reason END,
         finished_at = CASE WHEN jobs.succeeded + jobs.failed + jobs.cancelled + counts.total = jobs.item_count
                            THEN now() END
  FROM held, counts, shard WHERE jobs.id = held.job_id
  RETURNING jobs.state
), remembered AS (
  -- Last, by way of "job", and in the order of the key: commits that meet here hold no lock that another of
  -- them still wants. Who was first stays the holder, unless its item is gone.
  INSERT INTO known_answers (sha256, question_id, job_id, n, task)
  SELECT DISTINCT ON (fresh.hex, fresh.question_id)
         decode(fresh.hex, 'hex'), fresh.question_id, held.job_id, landed.n, fresh.task
  FROM job, held, landed
  JOIN unnest($5::int[], $6::text[], $7::int[], $8::int[]) AS fresh (n, hex, question_id, task)
    ON fresh.n = landed.n AND landed.state = 'succeeded'
  ORDER BY fresh.hex, fresh.question_id
  ON CONFLICT (sha256, question_id) DO UPDATE
    SET job_id = excluded.job_id, n = excluded.n, task = excluded.task, known_at = excluded.known_at
    WHERE NOT EXISTS (SELECT 1 FROM items
                      WHERE items.job_id = known_answers.job_id AND items.n = known_answers.n)
)
SELECT counts.total AS landed, shard.state AS shard_state, job.state AS job_state FROM counts, shard, job`;
