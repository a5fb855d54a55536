import { setTimeout as lasting } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parsePublicId } from '#contracts';
import { Database } from '#database';
import { startRedis, type EmbeddedRedis } from '#embedded';
import { useRedis } from '#testing';
import { checkJob } from '../../rig/checker.js';
import { TestClient } from '../../rig/client.js';
import { FaultProxy } from '../../rig/fault-proxy.js';
import { kill, untilProgress } from '../../rig/process.js';
import { SHORT_TIMERS } from '../../rig/short-timers.js';
import { System } from '../../rig/system.js';
import { tinyImage } from '../../rig/tiny-image.js';

const ITEMS = 600;
/** Of what the master did last, nothing has come to the replica. */
const LOST_MS = 1_500;
/** What is lost with the master is in the queue again after so long. */
const BACK_MS = 30_000;

const master = useRedis();
let system: System;
let client: TestClient;
let database: Database;
/** Where everybody asks for the queue, and where the replica asks the master. */
let front: FaultProxy;
let wire: FaultProxy;
let replica: EmbeddedRedis;
let said: Redis;
let nextImage = 0;

beforeAll(async () => {
  const { password } = new URL(master.url());
  wire = await FaultProxy.to(master.url());
  replica = await startRedis({
    password,
    settings: {
      replicaof: `127.0.0.1 ${new URL(wire.through(master.url())).port}`,
      masterauth: password,
    },
  });
  said = new Redis(replica.url);
  front = await FaultProxy.to(master.url());
  system = await System.start({
    queue: { redisUrl: front.through(master.url()) },
    workers: 2,
    itemMs: 300,
    // One shard a worker at a time: the tickets of the others wait in the queue, and are lost with it.
    env: { ...SHORT_TIMERS, SHARD_CONCURRENCY: '1' },
  });
  client = new TestClient(system.url, system.apiKey);
  database = new Database(system.databaseUrl, { connections: 1 });
});
afterAll(async () => {
  await database?.close();
  await system?.stop();
  said?.disconnect();
  await replica?.stop();
  await Promise.all([front?.close(), wire?.close()]);
});

async function upload() {
  const files = Array.from({ length: ITEMS }, () => tinyImage(nextImage++));
  const set = await client.createSet('failover');
  await client.upload(set.id, files);
  return { files, setId: set.id };
}

const order = async ({ setId }: { readonly setId: string }): Promise<string> =>
  (await client.createJob(setId, [{ type: 'ocr' }])).id;

const shardsOf = (jobId: string) =>
  database.query<{ id: string; state: string; generation: number }>(
    'SELECT id::text, state, generation::int FROM shards WHERE job_id = $1',
    [parsePublicId('job', jobId)],
  );

const numberIn = (info: string, field: string): number =>
  Number(new RegExp(`^${field}:(\\d+)`, 'm').exec(info)?.[1]);

it('a replica that takes over without the last writes loses no item and doubles none', async () => {
  await expect
    .poll(() => said.info('replication'), { timeout: 30_000 })
    .toContain('master_link_status:up');
  const sets = [await upload(), await upload()] as const;
  const early = await order(sets[0]);
  await untilProgress(client, early, 20);
  wire.set({ kind: 'silence' });
  const since = performance.now();
  // Nothing of this job is in the replica; of the one before it holds what has been done since.
  const late = await order(sets[1]);
  await lasting(Math.max(0, LOST_MS - (performance.now() - since)));
  const ahead = numberIn(await master.command('INFO', 'replication'), 'master_repl_offset');
  const behind = numberIn(await said.info('replication'), 'slave_repl_offset');
  expect(ahead).toBeGreaterThan(behind);

  front.set({ kind: 'refuse' });
  // No worker has them, and the replica does not know of them.
  const lost = (await shardsOf(late)).filter(({ state }) => state === 'dispatched');
  expect(lost.length).toBeGreaterThan(0);
  expect(lost.every(({ generation }) => generation === 1)).toBe(true);
  // Not asked to end: it would wait for its replica.
  kill(numberIn(await master.command('INFO', 'server'), 'process_id'), 'SIGKILL');
  await said.replicaof('NO', 'ONE');
  front.switchTo(replica.url);
  front.heal();
  const back = performance.now();
  const left = await Promise.all([early, late].map((id) => client.job(id)));
  const done = left.reduce((sum, { item_counts: counts }) => sum + counts.succeeded, 0);
  expect(done).toBeLessThan(ITEMS);
  const isBack = async () => {
    const again = (await shardsOf(late)).filter(({ generation }) => generation > 1);
    return lost.every(({ id }) => again.some((one) => one.id === id));
  };
  await expect.poll(isBack, { timeout: BACK_MS }).toBe(true);
  const backMs = Math.round(performance.now() - back);
  for (const jobId of [early, late]) await client.finished(jobId, 60_000);
  const endMs = Math.round(performance.now() - back);
  console.log(
    `with ${done} of ${2 * ITEMS} done at the failover, ${lost.length} lost shards were dispatched again after ${backMs} ms, and both jobs had ended after ${endMs}`,
  );
  for (const [index, jobId] of [early, late].entries()) {
    const report = await checkJob(client, system.databaseUrl, jobId, sets[index]!.files);
    expect(report.faults).toEqual([]);
    expect(report.job.item_counts.succeeded).toBe(ITEMS);
  }
});
