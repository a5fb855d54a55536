import { afterAll, beforeAll, expect, it } from 'vitest';
import { newUuid, NO_JOB_QUOTA, NO_STORAGE_QUOTA, type Task } from '#contracts';
import { feedStep, type Ticket } from '#pipeline';
import { usePostgres } from '#testing';
import {
  claimShard,
  commitItems,
  createImageSet,
  Database,
  feedStore,
  findJob,
  listResults,
  migrate,
  planJob,
  readBacklog,
  recordFiles,
  registerWorker,
} from './index.js';

const MODEL = 'tiny';
const TASKS: readonly (readonly Task[])[] = [
  [{ type: 'ocr' }],
  [
    { type: 'caption', language: 'en' },
    { type: 'prompt', prompt: 'count cats' },
  ],
  [{ type: 'detect', labels: ['cat'] }],
];
const postgres = usePostgres();
let database: Database;
const tenantId = newUuid();
const workerId = newUuid();

beforeAll(async () => {
  database = new Database(await postgres.createDatabase());
  await migrate(database);
  const model = { name: MODEL, family: 'paligemma', imageSize: 56, note: null };
  await registerWorker(database, { id: workerId, host: 'here', pid: 1, model });
  await database.query('INSERT INTO tenants (id, name) VALUES ($1, $2)', [tenantId, 'own']);
});
afterAll(() => database?.close());

async function addSet(tasks: readonly (readonly Task[] | undefined)[]): Promise<string> {
  const setId = newUuid();
  await createImageSet(database, { id: setId, tenantId, name: null, metadata: {} });
  const accepted = tasks.map((own, n) => ({
    name: `${n}.png`,
    sha256: String(n).padStart(64, '0'),
    bytes: 1,
    format: 'png',
    ...(own && { tasks: own }),
  }));
  const target = { tenantId, setId, imagesPerSet: 10, quota: NO_STORAGE_QUOTA };
  await database.transaction((tx) => recordFiles(tx, target, { accepted, refused: [] }));
  return setId;
}

const plan = (id: string, setId: string, tasks: readonly Task[] | 'own'): Promise<void> =>
  database.transaction((tx) =>
    planJob(tx, {
      id,
      tenantId,
      setId,
      name: null,
      model: MODEL,
      tasks,
      priority: 0,
      lane: 'bulk',
      metadata: {},
      itemCount: TASKS.length,
      quota: NO_JOB_QUOTA,
    }),
  );

async function claim() {
  const tickets: Ticket[] = [];
  const queue = {
    depth: async () => 0,
    add: async (more: readonly Ticket[]) => void tickets.push(...more),
  };
  await feedStep(feedStore(database), queue, MODEL, 'bulk');
  const lease = await claimShard(database, tickets[0]!, workerId, 20_000);
  return lease!;
}

it('gives each image its own tasks to the worker, and shows them beside its answers', async () => {
  const [jobId, setId] = [newUuid(), await addSet(TASKS)];
  await plan(jobId, setId, 'own');
  // Four answers in all, of images that no worker has yet.
  const { taskMs, outstandingSeconds } = await readBacklog(database, MODEL);
  expect(outstandingSeconds).toBeCloseTo((4 * (taskMs ?? 100)) / 1000);

  const lease = await claim();
  expect(lease.items.map((item) => item.tasks)).toEqual(TASKS);

  const ended = lease.items.map(({ n }) => ({ n, state: 'succeeded' as const, attempts: 1 }));
  await commitItems(database, lease, workerId, ended);
  const results = await listResults(database, { id: jobId, setId }, { limit: 10 });
  expect(results.map((item) => item.tasks)).toEqual(TASKS);

  const job = await findJob(database, tenantId, jobId);
  expect(job).toMatchObject({ tasks: 'own', state: 'completed' });
  const [shown] = await database.query<{ tasks: unknown; cost: number }>(
    `SELECT shown_job(jobs) -> 'tasks' AS tasks, (SELECT item_cost_ms FROM shards WHERE job_id = jobs.id) AS cost
     FROM jobs WHERE id = $1`,
    [jobId],
  );
  expect(shown!.tasks).toBe('own');
  expect(shown!.cost).toBeCloseTo((4 / 3) * (taskMs ?? 100));
});

it('asks the tasks of the job when it names some, whatever the images brought', async () => {
  const [jobId, setId] = [newUuid(), await addSet(TASKS)];
  await plan(jobId, setId, [{ type: 'ocr' }]);
  const lease = await claim();
  expect(lease.tasks).toEqual([{ type: 'ocr' }]);
  expect(lease.items.map((item) => item.tasks)).toEqual([null, null, null]);
});

it('refuses a job over images of which one brought no tasks', async () => {
  const setId = await addSet([TASKS[0], undefined, TASKS[2]]);
  await expect(plan(newUuid(), setId, 'own')).rejects.toMatchObject({
    code: 'set.no_tasks',
    message: expect.stringContaining('1 images'),
  });
});
