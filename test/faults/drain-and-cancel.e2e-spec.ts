import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { useRedis } from '#testing';
import { checkJob } from '../rig/checker.js';
import { TestClient } from '../rig/client.js';
import { untilProgress } from '../rig/process.js';
import { System } from '../rig/system.js';
import { tinyImage } from '../rig/tiny-image.js';

const DRAIN_MS = 3_000;

const redis = useRedis();
let system: System;
let client: TestClient;

beforeAll(async () => {
  system = await System.start({
    queue: { redisUrl: redis.url() },
    itemMs: 200,
    env: { DRAIN_TIMEOUT_MS: String(DRAIN_MS) },
  });
  client = new TestClient(system.url, system.apiKey);
});
afterAll(() => system?.stop());

async function startJob(count: number) {
  const files = Array.from({ length: count }, (_, n) => tinyImage(n));
  const set = await client.createSet('drain');
  await client.upload(set.id, files);
  return { files, job: await client.createJob(set.id, [{ type: 'ocr' }]) };
}

describe('a worker that is told to stop', () => {
  it.each(['up', 'frozen'] as const)(
    'gives back its work and is gone, with Redis %s',
    async (state) => {
      const { files, job } = await startJob(600);
      await untilProgress(client, job.id, 50);
      if (state === 'frozen') redis.freeze();
      const [worker] = [...system.workers];
      const startedAt = performance.now();
      const end = await worker!.stop(30_000);
      const tookMs = performance.now() - startedAt;
      if (state === 'frozen') redis.thaw();
      expect(end).toMatchObject({ code: 0, signal: null });
      expect(tookMs).toBeLessThan(DRAIN_MS + 6_000);
      await system.startWorker();
      await client.finished(job.id, 120_000);
      const report = await checkJob(client, system.databaseUrl, job.id, files);
      expect(report.faults).toEqual([]);
      expect(report.job.item_counts.succeeded).toBe(600);
    },
  );
});

describe('cancel', () => {
  it('ends every item that was not done, and nothing afterwards', async () => {
    const { files, job } = await startJob(2_000);
    await untilProgress(client, job.id, 50);
    await client.request('POST', `/v1/jobs/${job.id}/cancel`);
    const done = await client.finished(job.id, 30_000);
    expect(done).toMatchObject({ state: 'cancelled', outcome: 'cancelled' });
    expect(done.item_counts.cancelled).toBeGreaterThan(0);
    expect(done.item_counts.succeeded).toBeGreaterThanOrEqual(50);
    expect((await checkJob(client, system.databaseUrl, job.id, files)).faults).toEqual([]);
  });
});
