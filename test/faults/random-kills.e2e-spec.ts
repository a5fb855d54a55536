import { afterAll, beforeAll, expect, it } from 'vitest';
import { useRedis } from '#testing';
import { checkJob } from '../rig/checker.js';
import { TestClient } from '../rig/client.js';
import { untilLeasesExpire } from '../rig/lease.js';
import { hostsOf, kill, untilProgress } from '../rig/process.js';
import { seededRandom } from '../rig/random.js';
import { SHORT_TIMERS } from '../rig/short-timers.js';
import { System } from '../rig/system.js';
import { tinyImage } from '../rig/tiny-image.js';

const ITEMS = 5_000;
const KILLS = 30;
const SEED = Number(process.env['FAULT_SEED'] ?? Date.now() % 1_000_000);

const redis = useRedis();
let system: System;
let client: TestClient;

beforeAll(async () => {
  system = await System.start({
    queue: { redisUrl: redis.url() },
    workers: 2,
    itemMs: 120,
    env: SHORT_TIMERS,
  });
  client = new TestClient(system.url, system.apiKey);
});
afterAll(() => system?.stop());

it('ends every item exactly once through kills, flushes, an outage of Redis and a frozen worker', async () => {
  const random = seededRandom(SEED);
  console.info(`FAULT_SEED=${SEED}`);
  const files = Array.from({ length: ITEMS }, (_, n) => tinyImage(n));
  const set = await client.createSet('random kills');
  for (let from = 0; from < ITEMS; from += 1_000) {
    await client.upload(set.id, files.slice(from, from + 1_000));
  }
  const job = await client.createJob(set.id, [{ type: 'ocr' }]);

  for (let n = 1; n <= KILLS; n += 1) {
    await untilProgress(client, job.id, Math.floor((ITEMS * 0.85 * n) / KILLS));
    await strike(Math.floor(random() * 3), random);
    if (n % 10 === 5) await redis.flushAll();
    if (n === 12) await outageOfRedis(10_000);
    if (n === 20) await freezeAndWake();
  }

  await client.finished(job.id, 240_000);
  const report = await checkJob(client, system.databaseUrl, job.id, files);
  expect(report.faults).toEqual([]);
  expect(report.job).toMatchObject({
    state: 'completed',
    item_counts: { total: ITEMS, succeeded: ITEMS },
  });
}, 900_000);

/** kill -9 of a worker, of an engine host, or of the dispatcher; what a supervisor of processes would restart, is. */
async function strike(kind: number, random: () => number): Promise<void> {
  const workers = [...system.workers];
  const worker = workers[Math.floor(random() * workers.length)]!;
  if (kind === 0) {
    kill(worker.pid, 'SIGKILL');
    await worker.exited;
    await system.startWorker();
  } else if (kind === 1) {
    for (const host of hostsOf(worker.pid)) kill(host, 'SIGKILL');
  } else {
    kill(system.dispatcher.pid, 'SIGKILL');
    await system.dispatcher.exited;
    await system.startDispatcher();
  }
}

async function outageOfRedis(ms: number): Promise<void> {
  await redis.stop();
  await new Promise((resolve) => setTimeout(resolve, ms));
  await redis.start();
}

/** A worker that stands still past its lease and then goes on as if nothing had been. */
async function freezeAndWake(): Promise<void> {
  const worker = [...system.workers][0]!;
  kill(worker.pid, 'SIGSTOP');
  await untilLeasesExpire(system.databaseUrl, worker.pid);
  kill(worker.pid, 'SIGCONT');
}
