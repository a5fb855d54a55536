import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { autoscalingSignalSchema, newUuid, NO_JOB_QUOTA, type Task } from '#contracts';
import { claimShard, commitItems, planJob, recordTaskTime, moveJob, type Lease } from '#database';
import { makeTemporaryDirectory, removeDirectory, usePostgres } from '#testing';
import { startApi, type ApiRig } from '../spec-rig.js';

const TOKEN = 'internal-token-of-this-spec';
const postgres = usePostgres();
let rig: ApiRig;
let directory: string;
let pool: string;

beforeAll(async () => {
  directory = await makeTemporaryDirectory();
  const databaseUrl = await postgres.createDatabase();
  rig = await startApi({ databaseUrl, directory, env: { INTERNAL_TOKEN: TOKEN } });
});
afterAll(async () => {
  await rig?.close();
  await removeDirectory(directory);
});
beforeEach(() => {
  pool = `google/pool-${randomUUID()}`;
});

const get = (query = '', headers: Record<string, string> = { authorization: `Bearer ${TOKEN}` }) =>
  rig.app.inject({ url: `/internal/autoscaling/${encodeURIComponent(pool)}${query}`, headers });
const signal = async (query = '') => autoscalingSignalSchema.parse((await get(query)).json());

const CAPTION: Task[] = [{ type: 'ocr' }];

async function addJob(itemCount: number, tasks = CAPTION) {
  const [setId, jobId] = [newUuid(), newUuid()];
  const { tenantId } = await rig.createTenant();
  await rig.database.query(
    `INSERT INTO image_sets (id, tenant_id, state, accepted) VALUES ($1, $2, 'sealed', $3)`,
    [setId, tenantId, itemCount],
  );
  await rig.database.query(
    `INSERT INTO images (set_id, n, name, sha256)
     SELECT $1, n, n::text, sha256(n::text::bytea) FROM generate_series(0, 300) AS n`,
    [setId],
  );
  const job = { id: jobId, tenantId, setId, name: null, model: pool, tasks, itemCount };
  await rig.database.transaction((tx) =>
    planJob(tx, { ...job, priority: 0, lane: 'bulk', metadata: {}, quota: NO_JOB_QUOTA }),
  );
  return { jobId, tenantId };
}

/** As the feed and a worker do it. */
async function leaseOne(jobId: string): Promise<Lease> {
  const [shard] = await rig.database.query<{ id: string; generation: number }>(
    `UPDATE shards SET state = 'dispatched', generation = generation + 1
     WHERE id = (SELECT min(id) FROM shards WHERE job_id = $1 AND state = 'ready')
     RETURNING id::text, generation`,
    [jobId],
  );
  const ticket = { shardId: shard!.id, generation: shard!.generation };
  return (await claimShard(rig.database, ticket, newUuid(), 60_000))!;
}

describe('the scaling signal', () => {
  it('is for nobody but the holder of the internal token', async () => {
    const { headers } = await rig.createTenant();
    const answers = await Promise.all([
      get('', {}),
      get('', headers),
      get('', { authorization: `Bearer ${TOKEN}x` }),
      rig.app.inject({ url: '/v1/jobs', headers: { authorization: `Bearer ${TOKEN}` } }),
    ]);
    expect(answers.map((answer) => [answer.statusCode, answer.json().code])).toEqual([
      [401, 'auth.missing'],
      [401, 'auth.invalid'],
      [401, 'auth.invalid'],
      [401, 'auth.invalid'],
    ]);
    expect((await get()).statusCode).toBe(200);
  });

  it('does not exist where no token is set', async () => {
    const databaseUrl = await postgres.createDatabase();
    const bare = await startApi({ databaseUrl, directory });
    const headers = { authorization: 'Bearer ' };
    const answer = await bare.app.inject({ url: '/internal/autoscaling/x', headers });
    await bare.close();
    expect([answer.statusCode, answer.json().code]).toEqual([404, 'route.not_found']);
  });

  it('wants one worker of a model that nobody knows, and none once it is known', async () => {
    expect(await signal()).toMatchObject({ value: 1, desired_replicas: 1, workers: 0 });
    await rig.serveModel(pool);
    expect(await signal()).toMatchObject({
      value: 0,
      desired_replicas: 0,
      workers: 1,
      oldest_wait_seconds: null,
      seconds_per_answer: null,
    });
  });

  it('counts images and tasks in seconds as measured, also of jobs that were planned before', async () => {
    await rig.serveModel(pool);
    await addJob(10_000_000, [...CAPTION, ...CAPTION]);
    await addJob(1_000);
    expect(await signal()).toMatchObject({
      outstanding: { items: 10_001_000, accelerator_seconds: 2_000_100 },
      desired_replicas: 20,
    });
    await recordTaskTime(rig.database, pool, 50);
    const measured = await signal('?max=100&target_seconds=10000');
    expect(measured).toMatchObject({
      value: 1_000_050,
      seconds_per_answer: 0.05,
      in_flight: { items: 0 },
    });
    // One worker is there, 100 x 10,000 s are wanted.
    expect(measured.desired_replicas).toBe(100);
    expect(measured.reason).toContain('work for 101; 100 are allowed');
  });

  it('is above zero until the last image in flight has ended', async () => {
    await rig.serveModel(pool);
    const { jobId } = await addJob(2);
    expect((await signal()).oldest_wait_seconds).toBeGreaterThanOrEqual(0);
    const lease = await leaseOne(jobId);
    const held = await signal();
    expect(held).toMatchObject({
      value: 1,
      desired_replicas: 1,
      outstanding: { items: 2 },
      in_flight: { items: 2 },
      oldest_wait_seconds: null,
    });
    const end = (n: number) =>
      commitItems(rig.database, lease, newUuid(), [{ n, state: 'succeeded', attempts: 1 }]);
    await end(0);
    expect(await signal()).toMatchObject({ value: 1, in_flight: { items: 1 } });
    await end(1);
    expect(await signal()).toMatchObject({
      value: 0,
      desired_replicas: 0,
      in_flight: { items: 0 },
    });
  });

  it.each(['cancel', 'pause'] as const)(
    'counts of a job after its %s only what workers still hold',
    async (move) => {
      await rig.serveModel(pool);
      const { jobId, tenantId } = await addJob(300);
      await leaseOne(jobId);
      await moveJob(rig.database, tenantId, jobId, move);
      const { outstanding, in_flight } = await signal();
      expect(outstanding.items).toBe(in_flight.items);
      expect(outstanding.items).toBeGreaterThan(0);
      expect(outstanding.items).toBeLessThan(300);
    },
  );

  it('refuses limits that are none', async () => {
    for (const query of ['?min=5&max=4', '?target_seconds=0', '?max=0', '?min=-1']) {
      expect((await get(query)).statusCode).toBe(400);
    }
  });
});
