import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { Database } from '#database';
import { useRedis } from '#testing';
import { checkJob } from '../rig/checker.js';
import { TestClient } from '../rig/client.js';
import { SHORT_TIMERS } from '../rig/short-timers.js';
import { System } from '../rig/system.js';
import { tinyImage } from '../rig/tiny-image.js';

const IMAGES = 20;
const NAMES = ['api', 'dispatcher', 'worker'] as const;

const redis = useRedis();
let system: System;
let client: TestClient;
let images = 0;

beforeAll(async () => {
  system = await System.start({ queue: { redisUrl: redis.url() }, env: SHORT_TIMERS });
  client = new TestClient(system.url, system.apiKey);
});
beforeEach(async () => {
  const all = [system.api, system.dispatcher, ...system.workers];
  await Promise.all(all.map((service) => service.stop(20_000)));
});
afterAll(() => system?.stop());

/** All at once, so in any order. One that ended before it was ready would fail this. */
const startAll = () =>
  Promise.all([system.startWorker(), system.startDispatcher(), system.startApi()]);

const saysWhy = async (name: string): Promise<number> =>
  (await readFile(join(system.directory, `${name}.log`), 'utf8')).split('waiting for PostgreSQL')
    .length - 1;

async function upload() {
  const files = Array.from({ length: IMAGES }, () => tinyImage(images++));
  const set = await client.createSet('early');
  await client.upload(set.id, files);
  return { files, job: await client.createJob(set.id, [{ type: 'ocr' }]) };
}

async function isDone({ files, job }: Awaited<ReturnType<typeof upload>>): Promise<void> {
  await client.finished(job.id, 30_000);
  const report = await checkJob(client, system.databaseUrl, job.id, files);
  expect(report.faults).toEqual([]);
  expect(report.job.item_counts.succeeded).toBe(IMAGES);
}

it('without Redis the api serves, jobs are taken, and work begins when it is there', async () => {
  await redis.stop();
  await startAll();
  const begun = await upload();
  expect((await client.job(begun.job.id)).item_counts.succeeded).toBe(0);
  await redis.start();
  await isDone(begun);
});

it('without PostgreSQL all wait and say so, whoever comes first, and work when it is there', async () => {
  await system.postgres!.stop();
  const starting = startAll();
  for (const name of NAMES) {
    await expect.poll(() => saysWhy(name), { timeout: 60_000 }).toBe(1);
  }
  await system.startPostgres();
  await starting;
  await isDone(await upload());
});

it('a worker that comes to an empty database waits until an api has brought the tables', async () => {
  const database = new Database(system.databaseUrl);
  await database.query('DROP SCHEMA public CASCADE');
  await database.query('CREATE SCHEMA public');
  await database.close();
  await redis.flushAll();
  const before = await saysWhy('worker');
  const worker = system.startWorker();
  await expect.poll(() => saysWhy('worker'), { timeout: 60_000 }).toBe(before + 1);
  await Promise.all([system.startApi(), system.startDispatcher(), worker]);
  await isDone(await upload());
});
