import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { newUuid, NO_JOB_QUOTA, type Task } from '#contracts';
import {
  claimShard,
  commitItems,
  type Database,
  feedStore,
  forgetAnswersAbout,
  forgetOldAnswers,
  listResults,
  numberQuestions,
  planJob,
  type Lease,
} from '#database';
import { feedStep, type Ticket } from '#pipeline';
import { usePostgres } from '#testing';
import { AnswerCache } from './answer-cache.js';
import {
  answer,
  BROKEN,
  contentOf,
  CONTENTS,
  makeSet,
  makeTenant,
  MODEL,
  said,
  TASKS,
  useAnsweringDatabase,
  Worker,
} from './answer-cache-fixture.js';

const opened = useAnsweringDatabase(usePostgres());
let database: Database;
beforeAll(() => {
  database = opened();
});

interface JobPlan {
  /** Number of each image's content. */
  readonly contents: readonly number[];
  readonly tasks: readonly Task[];
  readonly cache: boolean;
}

async function makeJob(tenantId: string, { contents, tasks, cache }: JobPlan) {
  const [setId, id] = [await makeSet(database, tenantId, contents), newUuid()];
  const more = { name: null, priority: 0, lane: 'bulk' as const, metadata: {} };
  const job = { id, tenantId, setId, model: MODEL, tasks, itemCount: contents.length, cache };
  await database.transaction((tx) => planJob(tx, { ...job, ...more, quota: NO_JOB_QUOTA }));
  return { id, setId, contents, tasks, cache };
}
type MadeJob = Awaited<ReturnType<typeof makeJob>>;

/** What a system without a cache says, image by image; and the counters. */
async function expectRight(job: MadeJob): Promise<void> {
  const items = await listResults(database, job, { limit: 1_000 });
  expect(items.map((item) => item.n)).toEqual(job.contents.map((_, n) => n));
  for (const item of items) {
    const content = job.contents[item.n]!;
    expect(item.state).toBe(content === BROKEN ? 'failed' : 'succeeded');
    if (content === BROKEN) continue;
    const right = job.tasks.map((task, index) => [index, said(contentOf(content), task)]);
    expect(item.answers.map(({ task, raw }) => [task, raw])).toEqual(right);
    expect([item.width, item.height]).toEqual([4, 3]);
  }
  const [row] = await database.query('SELECT succeeded, failed FROM jobs WHERE id = $1', [job.id]);
  const failed = job.contents.filter((content) => content === BROKEN).length;
  expect(row).toEqual({ failed, succeeded: job.contents.length - failed });
}

/** Every pointer leads to the answer of its content, which was computed there. */
async function expectPointersRight(): Promise<void> {
  const rows = await database.query<{ hex: string; digest: Buffer; raw: string; cached: unknown }>(
    `SELECT encode(known.sha256, 'hex') AS hex, questions.task AS digest,
            answer.value ->> 'raw' AS raw, answer.value -> 'cached' AS cached
     FROM known_answers AS known JOIN questions ON questions.id = known.question_id
     LEFT JOIN items ON items.job_id = known.job_id AND items.n = known.n
     LEFT JOIN LATERAL jsonb_array_elements(items.answers) AS answer (value)
       ON (answer.value ->> 'task')::int = known.task`,
  );
  for (const { hex, digest, raw, cached } of rows) {
    expect(raw).toBe(`${hex} ${digest.toString('hex').slice(0, 8)}`);
    expect(cached).toBeNull();
  }
}

const jobPlan: fc.Arbitrary<JobPlan> = fc.record({
  contents: fc.array(fc.nat(CONTENTS - 1), { minLength: 1, maxLength: 60 }),
  tasks: fc
    .subarray([...TASKS], { minLength: 1 })
    .chain((tasks) => fc.shuffledSubarray(tasks, { minLength: 1 })),
  cache: fc.oneof(
    { weight: 4, arbitrary: fc.constant(true) },
    { weight: 1, arbitrary: fc.constant(false) },
  ),
});

describe('known answers', () => {
  it('change no result, whatever the jobs are and wherever a host or a lease is lost', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(jobPlan, { minLength: 2, maxLength: 4 }),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 40 }),
        async (plans, crashAt, loseAt) => {
          await database.query('DELETE FROM known_answers');
          const tenantId = await makeTenant(database);
          const worker = new Worker(database);
          Object.assign(worker, { crashAt, loseAt });
          for (const plan of plans) {
            const job = await makeJob(tenantId, plan);
            await worker.finish(job);
            await expectRight(job);
            await expectPointersRight();
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  it('are never computed twice: within a job, and across jobs', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(jobPlan, { minLength: 2, maxLength: 4 }), async (plans) => {
        await database.query('DELETE FROM known_answers');
        const tenantId = await makeTenant(database);
        const worker = new Worker(database);
        for (const plan of plans) {
          await worker.finish(await makeJob(tenantId, { ...plan, cache: true }));
        }
        const broken = contentOf(BROKEN);
        for (const [question, times] of worker.asked) {
          if (!question.startsWith(broken)) expect([question, times]).toEqual([question, 1]);
        }
      }),
      { numRuns: 15 },
    );
  });
});

describe('a known answer', () => {
  const plan: JobPlan = { contents: [0, 1, 2], tasks: [TASKS[0]!], cache: true };
  const cachedOf = async (job: MadeJob) =>
    (await listResults(database, job, { limit: 10 })).map(
      (item) => item.answers[0]?.cached ?? false,
    );

  it('is said to be one, and kept from jobs that want none', async () => {
    const tenantId = await makeTenant(database);
    const worker = new Worker(database);
    const first = await makeJob(tenantId, plan);
    await worker.finish(first);
    expect(await cachedOf(first)).toEqual([false, false, false]);
    const second = await makeJob(tenantId, plan);
    await worker.finish(second);
    expect(await cachedOf(second)).toEqual([true, true, true]);
    const without = await makeJob(tenantId, { ...plan, cache: false });
    await worker.finish(without);
    expect(await cachedOf(without)).toEqual([false, false, false]);
  });

  it('is found for images that bring tasks of their own, in two statements for all of them', async () => {
    const tenantId = await makeTenant(database);
    const contents = Array.from({ length: CONTENTS - 1 }, (_, n) => (n < BROKEN ? n : n + 1));
    const own = (n: number): Task[] => [{ type: 'prompt', prompt: `what is ${n}?` }, TASKS[0]!];
    const makeOwn = async () => {
      const job = await makeJob(tenantId, { contents, tasks: [], cache: true });
      for (const n of contents.keys()) {
        await database.query('UPDATE images SET tasks = $3 WHERE set_id = $1 AND n = $2', [
          job.setId,
          n,
          JSON.stringify(own(n)),
        ]);
      }
      await database.query(`UPDATE jobs SET own_tasks = 2 WHERE id = $1`, [job.id]);
      return job;
    };
    const worker = new Worker(database);
    await worker.finish(await makeOwn());
    const second = await makeOwn();
    await worker.finish(second);
    for (const { n, answers } of await listResults(database, second, { limit: 100 })) {
      const hex = contentOf(contents[n]!);
      expect(answers.map(({ raw, cached }) => [raw, cached])).toEqual(
        own(n).map((task) => [said(hex, task), true]),
      );
    }
    let statements = 0;
    const query = (text: string, values: unknown[]) => {
      statements += 1;
      return database.query(text, values);
    };
    const cache = new AnswerCache({ query } as unknown as Database, MODEL, 'r1', (error) => {
      throw error;
    });
    const parts = contents.map((content, n) => {
      const items = [{ n, name: `${n}`, sha256: contentOf(content), tasks: own(n) }];
      return { tenantId, tasks: own(n), items, cache: true } as unknown as Lease;
    });
    const knowledge = await cache.recall(parts);
    expect(knowledge.map(({ answers }) => [...answers.values()][0]?.size)).toEqual(
      contents.map(() => 2),
    );
    expect(statements).toBe(2);
    await cache.recall(parts);
    expect(statements).toBe(3);
  });

  it('is of one tenant and one revision of the model, and of no engine that names none', async () => {
    const tenantId = await makeTenant(database);
    await new Worker(database).finish(await makeJob(tenantId, plan));
    const cases = [
      { tenant: await makeTenant(database), worker: new Worker(database) },
      { tenant: tenantId, worker: new Worker(database, 'r2') },
      { tenant: tenantId, worker: new Worker(database, null) },
    ];
    for (const { tenant, worker } of cases) {
      const job = await makeJob(tenant, plan);
      await worker.finish(job);
      expect(await cachedOf(job)).toEqual([false, false, false]);
    }
  });

  it('whose job is deleted is forgotten; jobs that took it keep it; the next one is known again', async () => {
    const tenantId = await makeTenant(database);
    const worker = new Worker(database);
    const first = await makeJob(tenantId, plan);
    await worker.finish(first);
    const took = await makeJob(tenantId, plan);
    await worker.finish(took);
    await database.query('DELETE FROM items WHERE job_id = $1', [first.id]);
    await expectRight(took);
    expect(await cachedOf(took)).toEqual([true, true, true]);
    const asksAgain = await makeJob(tenantId, plan);
    await worker.finish(asksAgain);
    expect(await cachedOf(asksAgain)).toEqual([false, false, false]);
    const last = await makeJob(tenantId, plan);
    await worker.finish(last);
    expect(await cachedOf(last)).toEqual([true, true, true]);
    await expectRight(last);
  });

  it('about a deleted content is forgotten, the tenant’s own alone', async () => {
    const [mine, other] = [await makeTenant(database), await makeTenant(database)];
    const worker = new Worker(database);
    for (const tenantId of [mine, other]) await worker.finish(await makeJob(tenantId, plan));
    await database.transaction((tx) => forgetAnswersAbout(tx, mine, [contentOf(1)]));
    const jobs = [await makeJob(mine, plan), await makeJob(other, plan)];
    for (const job of jobs) await worker.finish(job);
    expect(await cachedOf(jobs[0]!)).toEqual([true, false, true]);
    expect(await cachedOf(jobs[1]!)).toEqual([true, true, true]);
  });

  it('is forgotten when it is old, with its question', async () => {
    const tenantId = await makeTenant(database);
    const worker = new Worker(database);
    await worker.finish(await makeJob(tenantId, plan));
    await database.query(
      `UPDATE known_answers SET known_at = now() - interval '11 days' WHERE sha256 = sha256('0')`,
    );
    expect(await forgetOldAnswers(database, 10)).toBe(false);
    const job = await makeJob(tenantId, plan);
    await worker.finish(job);
    expect(await cachedOf(job)).toEqual([false, true, true]);
    await database.query(`UPDATE questions SET used_at = now() - interval '11 days'`);
    await database.query(`UPDATE known_answers SET known_at = now() - interval '11 days'`);
    await forgetOldAnswers(database, 10);
    const [left] = await database.query<{ count: number }>('SELECT count(*)::int FROM questions');
    expect(left!.count).toBe(0);
  });

  it('lets jobs that answer the same contents at once wait for each other in no circle', async () => {
    const tenantId = await makeTenant(database);
    const asking = { tenantId, model: MODEL, revision: 'r1', tasks: [TASKS[0]!] };
    const [question] = await numberQuestions(database, asking);
    const contents = Array.from({ length: 200 }, (_, n) => n);
    for (let round = 0; round < 10; round += 1) {
      await database.query('DELETE FROM known_answers');
      const jobs = await Promise.all(
        [contents, contents.toReversed()].map((order) =>
          makeJob(tenantId, { contents: order, tasks: [TASKS[0]!], cache: true }),
        ),
      );
      const tickets: Ticket[] = [];
      const queue = {
        depth: async () => -20,
        add: async (more: readonly Ticket[]) => void tickets.push(...more),
      };
      await feedStep(feedStore(database), queue, MODEL, 'bulk');
      const leases = await Promise.all(
        tickets.map((ticket) => claimShard(database, ticket, newUuid(), 60_000)),
      );
      await Promise.all(
        leases.map((lease) =>
          commitItems(
            database,
            lease!,
            newUuid(),
            lease!.items.map(({ n, sha256 }) => ({
              n,
              state: 'succeeded' as const,
              attempts: 1,
              answers: [answer(0, said(sha256, TASKS[0]!))],
              remember: [{ sha256, question: question!, task: 0 }],
            })),
          ),
        ),
      );
      for (const job of jobs) {
        const [row] = await database.query('SELECT state FROM jobs WHERE id = $1', [job.id]);
        expect(row).toEqual({ state: 'completed' });
      }
    }
    const [row] = await database.query<{ count: number }>(
      'SELECT count(*)::int FROM known_answers',
    );
    expect(row!.count).toBe(contents.length);
    await expectPointersRight();
  });
});
