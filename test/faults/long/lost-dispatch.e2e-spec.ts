import { setTimeout as lasting } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parsePublicId } from '#contracts';
import { Database } from '#database';
import { checkJob } from '../../rig/checker.js';
import { TestClient } from '../../rig/client.js';
import { kill } from '../../rig/process.js';
import { System, type Process } from '../../rig/system.js';
import { tinyImage } from '../../rig/tiny-image.js';

const ITEMS = 1_200;
/** Of a ticket: only who adds one writes this. */
const ADD = { kind: 'swallow', from: /"shardId":/ } as const;

let system: System;
let client: TestClient;
let database: Database;
/** Two at any time. */
let dispatchers: Process[];
let nextImage = 0;

beforeAll(async () => {
  // Leases are as long as they are by default: one that ends here is somebody's mistake.
  system = await System.start({
    workers: 2,
    itemMs: 20,
    env: { SWEEP_MS: '250', RECONCILE_AGE_MS: '1500' },
  });
  client = new TestClient(system.url, system.apiKey);
  database = new Database(system.databaseUrl, { connections: 1 });
  dispatchers = [system.dispatcher];
  await startAnother();
  // It would feed a job that it takes; with the queue away it leaves that to the dispatchers.
  system.api.links.queue.set({ kind: 'refuse' });
});
afterAll(async () => {
  await database?.close();
  await system?.stop();
});

async function startAnother(): Promise<void> {
  await system.startDispatcher();
  dispatchers.push(system.dispatcher);
}

async function order() {
  const files = Array.from({ length: ITEMS }, () => tinyImage(nextImage++));
  const set = await client.createSet('lost dispatch');
  await client.upload(set.id, files);
  const job = await client.createJob(set.id, [{ type: 'ocr' }]);
  return { files, jobId: job.id };
}

/** Resolves with those of `some` whose tickets have been swallowed: their transaction is committed, Redis knows nothing. */
async function untilStruck(some: readonly Process[], least: number): Promise<Process[]> {
  for (;;) {
    const struck = some.filter(({ links }) => links.queue.strikes > 0);
    if (struck.length >= least) return struck;
    await lasting(1);
  }
}

async function kill9(victims: readonly Process[]): Promise<void> {
  for (const { pid } of victims) kill(pid, 'SIGKILL');
  await Promise.all(victims.map(({ exited }) => exited));
  dispatchers = dispatchers.filter((one) => !victims.includes(one));
}

const shardsOf = (jobId: string) =>
  database.query<{ id: string; state: string; generation: number; fence: number }>(
    'SELECT id::text, state, generation::int, fence::int FROM shards WHERE job_id = $1',
    [parsePublicId('job', jobId)],
  );

/** All items are there once; those shards have been dispatched again, and no shard had a second lease. */
async function expectOnce(
  { files, jobId }: Awaited<ReturnType<typeof order>>,
  lost: readonly string[],
): Promise<void> {
  await client.finished(jobId, 60_000);
  const report = await checkJob(client, system.databaseUrl, jobId, files);
  expect(report.faults).toEqual([]);
  expect(report.job.item_counts).toMatchObject({ succeeded: ITEMS });
  const shards = await shardsOf(jobId);
  expect(shards.filter(({ fence }) => fence !== 1)).toEqual([]);
  const again = new Set(shards.filter(({ generation }) => generation > 1).map(({ id }) => id));
  expect(lost.filter((id) => !again.has(id))).toEqual([]);
}

it.each([
  ['one of two dispatchers is', 1],
  ['both dispatchers are', 2],
])('%s killed between commit and queue', async (_, count) => {
  for (const { links } of dispatchers) links.queue.set(ADD);
  const ordered = await order();
  const victims = (await untilStruck(dispatchers, count)).slice(0, count);
  await kill9(victims);
  const shards = await shardsOf(ordered.jobId);
  const lost = shards.filter(({ state }) => state === 'dispatched').map(({ id }) => id);
  expect(lost.length).toBeGreaterThan(0);
  for (const { links } of dispatchers) links.queue.heal();
  while (dispatchers.length < 2) await startAnother();
  await expectOnce(ordered, lost);
});
