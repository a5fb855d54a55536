import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { newUuid, NO_JOB_QUOTA, type Task } from '#contracts';
import { type Database, extendJob, listResults, planJob, type ItemRecord } from '#database';
import { usePostgres } from '#testing';
import {
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

/** A tenant with a set of these contents. */
async function makeTenantsSet(contents: readonly number[]) {
  const tenantId = await makeTenant(database);
  const setId = await makeSet(database, tenantId, contents);
  return { tenantId, setId, itemCount: contents.length };
}

async function makeJob(
  set: Awaited<ReturnType<typeof makeTenantsSet>>,
  tasks: readonly Task[],
  cache: boolean,
) {
  const id = newUuid();
  const more = { name: null, priority: 0, lane: 'bulk' as const, metadata: {}, model: MODEL };
  await database.transaction((tx) =>
    planJob(tx, { id, ...set, tasks, cache, ...more, quota: NO_JOB_QUOTA }),
  );
  return { id, setId: set.setId, tenantId: set.tenantId };
}
type MadeJob = Awaited<ReturnType<typeof makeJob>>;

const extend = (job: MadeJob, tasks: readonly Task[]) =>
  database.transaction((tx) => extendJob(tx, job.tenantId, job.id, { tasks }, NO_JOB_QUOTA));

/** What is the same whoever computed it, and whether it was known. */
const seenIn = async (job: MadeJob) =>
  (await listResults(database, job, { limit: 100 })).map(facts);
const facts = ({ n, state, error, width, answers }: ItemRecord) => {
  return { n, state, error, width, answers: answers.map(({ task, raw }) => [task, raw]) };
};
const countsOf = (job: MadeJob) =>
  database.query(
    'SELECT state, tasks, item_count, succeeded, failed, cancelled, error_counts FROM jobs WHERE id = $1',
    [job.id],
  );

/** Every pointer leads to the answer of its content, under its number. */
async function expectPointersRight(): Promise<void> {
  const rows = await database.query<{ hex: string; digest: Buffer; raw: string }>(
    `SELECT encode(known.sha256, 'hex') AS hex, questions.task AS digest, answer.value ->> 'raw' AS raw
     FROM known_answers AS known JOIN questions ON questions.id = known.question_id
     LEFT JOIN items ON items.job_id = known.job_id AND items.n = known.n
     LEFT JOIN LATERAL jsonb_array_elements(items.answers) AS answer (value)
       ON (answer.value ->> 'task')::int = known.task`,
  );
  for (const { hex, digest, raw } of rows) {
    expect(raw).toBe(`${hex} ${digest.toString('hex').slice(0, 8)}`);
  }
}

it('ends as a new job with all tasks does, with or without what is known, whatever is lost on the way', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(CONTENTS - 1), { minLength: 1, maxLength: 40 }),
      fc.shuffledSubarray([...TASKS], { minLength: 2 }),
      fc.boolean(),
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 1, max: 60 }),
      async (contents, tasks, cache, crashAt, loseAt) => {
        await database.query('DELETE FROM known_answers');
        fc.pre(contents.some((content) => content !== BROKEN));
        const set = await makeTenantsSet(contents);
        const worker = new Worker(database);
        Object.assign(worker, { crashAt, loseAt });
        const job = await makeJob(set, tasks.slice(0, 1), cache);
        await worker.finish(job);
        for (const task of tasks.slice(1)) {
          await extend(job, [task]);
          await worker.finish(job);
          await expectPointersRight();
        }
        const whole = await makeJob(set, tasks, false);
        await new Worker(database).finish(whole);
        expect(await seenIn(job)).toEqual(await seenIn(whole));
        expect(await countsOf(job)).toEqual(await countsOf(whole));
      },
    ),
    { numRuns: 15 },
  );
});

it('asks no image what it has answered, and takes what is known of the new tasks', async () => {
  const set = await makeTenantsSet([0, 1, 2]);
  const worker = new Worker(database);
  const other = await makeJob(set, [TASKS[1]!], true);
  await worker.finish(other);
  const job = await makeJob(set, [TASKS[0]!], true);
  await worker.finish(job);
  await extend(job, [TASKS[1]!, TASKS[2]!]);
  await worker.finish(job);
  for (const [question, times] of worker.asked) expect([question, times]).toEqual([question, 1]);
  const results = await listResults(database, job, { limit: 10 });
  expect(results.map(({ answers }) => answers.map(({ cached }) => cached ?? false))).toEqual([
    [false, true, false],
    [false, true, false],
    [false, true, false],
  ]);
  expect(results[0]!.answers.map(({ raw }) => raw)).toEqual(
    TASKS.map((task) => said(contentOf(0), task)),
  );
});
