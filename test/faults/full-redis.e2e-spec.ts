import { setTimeout as lasting } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { useRedis } from '#testing';
import { checkJob } from '../rig/checker.js';
import { TestClient } from '../rig/client.js';
import { SHORT_TIMERS } from '../rig/short-timers.js';
import { System } from '../rig/system.js';
import { tinyImage } from '../rig/tiny-image.js';

const IMAGES = 40;
/** Redis takes more than this empty, so it refuses whatever would add to it. */
const NO_ROOM = '500kb';

const redis = useRedis();
let system: System;
let client: TestClient;

beforeAll(async () => {
  system = await System.start({ queue: { redisUrl: redis.url() }, env: SHORT_TIMERS });
  client = new TestClient(system.url, system.apiKey);
});
afterAll(() => system?.stop());

/** Writes that Redis has refused for want of room. */
async function refusedWrites(): Promise<number> {
  const counts = await redis.command('INFO', 'errorstats');
  return Number(/errorstat_OOM:count=(\d+)/.exec(counts)?.[1] ?? 0);
}

it('a Redis that is full fails nothing: jobs are taken, wait, and run when there is room', async () => {
  const files = Array.from({ length: IMAGES }, (_, n) => tinyImage(n));
  const set = await client.createSet('no room');
  await client.upload(set.id, files);
  await redis.command('CONFIG', 'SET', 'maxmemory', NO_ROOM);
  const job = await client.createJob(set.id, [{ type: 'ocr' }]);
  // The dispatcher tries again and again: nothing of it may end an item.
  const before = await refusedWrites();
  while ((await refusedWrites()) < before + 3) await lasting(50);
  expect((await client.job(job.id)).item_counts).toMatchObject({ succeeded: 0, failed: 0 });
  await redis.command('CONFIG', 'SET', 'maxmemory', '0');
  await client.finished(job.id, 60_000);
  const report = await checkJob(client, system.databaseUrl, job.id, files);
  expect(report.faults).toEqual([]);
  expect(report.job.item_counts.succeeded).toBe(IMAGES);
});
