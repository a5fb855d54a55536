import { expect } from 'vitest';
import { newUuid, NO_JOB_QUOTA, type Answer, type Task } from '#contracts';
import { eachItem, parseItemRanges, type Ticket } from '#pipeline';
import { planJob, type Database, type Lease, type NewJobLimits } from './index.js';

export const MODEL = 'tiny';

export interface MadeJob {
  readonly tenantId: string;
  readonly jobId: string;
  readonly count: number;
}

/** A tenant with a sealed set of `count` images and a job on it. */
export async function makeJob(
  database: Database,
  count: number,
  limits: NewJobLimits = {},
): Promise<MadeJob> {
  const [tenantId, setId, jobId] = [newUuid(), newUuid(), newUuid()];
  await database.query('INSERT INTO tenants (id, name) VALUES ($1, $2)', [tenantId, tenantId]);
  await database.query(
    `INSERT INTO image_sets (id, tenant_id, state, accepted) VALUES ($1, $2, 'sealed', $3)`,
    [setId, tenantId, count],
  );
  await database.query(
    `INSERT INTO images (set_id, n, name, sha256)
     SELECT $1, n, 'image-' || n, sha256(n::text::bytea) FROM generate_series(0, $2::int - 1) AS n`,
    [setId, count],
  );
  await database.transaction((tx) =>
    planJob(tx, {
      id: jobId,
      tenantId,
      setId,
      name: null,
      model: MODEL,
      tasks: [{ type: 'ocr' }],
      priority: 0,
      lane: 'bulk',
      metadata: {},
      itemCount: count,
      limits,
      quota: NO_JOB_QUOTA,
    }),
  );
  return { tenantId, jobId, count };
}

/** A queue as bad as Redis on its worst day: it loses, doubles and reorders. */
export class WildQueue {
  readonly delivered: Ticket[] = [];
  depth = async (): Promise<number> => 0;
  add = async (tickets: readonly Ticket[]): Promise<void> => {
    this.delivered.push(...tickets);
  };
}

export async function jobRow(database: Database, jobId: string) {
  const [row] = await database.query<{
    state: string;
    item_count: number;
    succeeded: number;
    failed: number;
    cancelled: number;
    error_counts: Record<string, number>;
    stop_reason: string | null;
    tasks: Task[];
  }>(
    'SELECT state, item_count, succeeded, failed, cancelled, error_counts, stop_reason, tasks FROM jobs WHERE id = $1',
    [jobId],
  );
  return row!;
}

export async function itemRows(database: Database, jobId: string) {
  return database.query<{
    n: number;
    state: string;
    error_code: string | null;
    worker_id: string | null;
    width: number | null;
    run: number;
    answers: Answer[] | null;
  }>(
    'SELECT n, state, error_code, worker_id, width, run, answers FROM items WHERE job_id = $1 ORDER BY n',
    [jobId],
  );
}

export async function expectConsistent(database: Database, jobId: string): Promise<void> {
  const job = await jobRow(database, jobId);
  const everyRow = await itemRows(database, jobId);
  const shards = await database.query<{
    items: string;
    remaining: number;
    state: string;
    run: number;
    first_task: number;
  }>('SELECT items::text, remaining, state, run, first_task FROM shards WHERE job_id = $1', [
    jobId,
  ]);
  const open: number[] = [];
  const answered = new Map(everyRow.map(({ n, answers }) => [n, answers?.length ?? 0]));
  for (const shard of shards.filter(({ state }) => state !== 'done' && state !== 'cancelled')) {
    const ended = new Set(everyRow.filter(({ run }) => run >= shard.run).map(({ n }) => n));
    const pending = [...eachItem(parseItemRanges(shard.items))].filter((n) => !ended.has(n));
    expect(pending).toHaveLength(shard.remaining);
    open.push(...pending);
    // What they are asked begins behind what their rows have already.
    const elsewhere = pending.filter((n) => (answered.get(n) ?? 0) !== shard.first_task);
    expect(elsewhere).toEqual([]);
  }
  const waiting = new Set(open);
  // Every image is in one open shard at most.
  expect(waiting.size).toBe(open.length);
  const rows = everyRow.filter(({ n }) => !waiting.has(n));
  for (const state of ['succeeded', 'failed', 'cancelled'] as const) {
    expect(rows.filter((row) => row.state === state)).toHaveLength(job[state]);
  }
  const codes = rows
    .filter((row) => row.state === 'failed')
    .map((row) => row.error_code ?? 'unknown');
  expect(job.error_counts).toEqual(countsOf(codes));
  // Every image has ended or is in an open shard, never neither.
  expect(open.length + rows.length).toBe(job.item_count);
  const isOver = job.state === 'completed' || job.state === 'cancelled';
  expect(isOver).toBe(rows.length === job.item_count);
  const wrong = rows.filter(
    ({ n, state, answers }) =>
      state === 'succeeded' &&
      !isWhole(answers ?? [], (task) => said(n, job.tasks[task]!), job.tasks),
  );
  expect(wrong).toEqual([]);
  // Only somebody's cancel, or a limit that is named, leaves anything undone.
  if (isOver && job.stop_reason === null) {
    expect(job.state).toBe(job.cancelled > 0 ? 'cancelled' : 'completed');
  }
  if (isOver && job.stop_reason !== null) expect(job.state).toBe('completed');
}

const isWhole = (
  answers: readonly Answer[],
  right: (task: number) => string,
  tasks: readonly Task[],
): boolean =>
  answers.length === tasks.length &&
  answers.every(({ task, raw }, at) => task === at && raw === right(at));

/** What is said to the tasks of a lease about an item: of item and task alone, but for the tokens, which tell who said it. */
export const answersTo = (lease: Lease, n: number, tokens = 1): Answer[] =>
  lease.tasks.map(
    (task, at) => ({ task: lease.firstTask + at, raw: said(n, task), tokens }) as Answer,
  );

export const said = (n: number, task: Task): string => `${n} ${task.type}`;

const countsOf = (codes: readonly string[]): Record<string, number> =>
  Object.fromEntries(
    [...new Set(codes)].map((code) => [code, codes.filter((other) => other === code).length]),
  );
