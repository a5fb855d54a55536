import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Worker, WorkerPage } from '#contracts';
import { checkJob } from '../rig/checker.js';
import { TestClient } from '../rig/client.js';
import { untilProgress } from '../rig/process.js';
import { System } from '../rig/system.js';
import { tinyImage } from '../rig/tiny-image.js';

const COUNT = 250;
/** Half a minute for all: a worker that is asked to end has work to give back, however late it hears of it. */
const ITEM_MS = 1_000;
let system: System;
let client: TestClient;

beforeAll(async () => {
  system = await System.start({
    itemMs: ITEM_MS,
    env: { DRAIN_TIMEOUT_MS: '3000', HEARTBEAT_MS: '1000' },
  });
  client = new TestClient(system.url, system.apiKey);
});
afterAll(() => system?.stop());

const workers = async (): Promise<Worker[]> =>
  (await client.request<WorkerPage>('GET', '/v1/operate/workers')).data;

it('a worker that an operator asks to end gives back its work and is gone, and nothing is lost', async () => {
  const files = Array.from({ length: COUNT }, (_, n) => tinyImage(n));
  const set = await client.createSet('drain');
  await client.upload(set.id, files);
  const job = await client.createJob(set.id, [{ type: 'ocr' }]);
  await untilProgress(client, job.id, 8);
  const [process] = [...system.workers];
  await expect
    .poll(async () => (await workers()).map(({ pid, state }) => [pid, state]), { timeout: 30_000 })
    .toEqual([[process!.pid, 'busy']]);
  const [worker] = await workers();
  expect(worker!.report).toMatchObject({ provider: 'cpu', slots: 8, gpu: null });
  expect(worker!.report!.memory_bytes).toBeGreaterThan(10_000_000);

  const asked = await client.request<Worker>('POST', `/v1/operate/workers/${worker!.id}/drain`);
  expect(asked.drain_requested_at).not.toBeNull();
  // It ends by itself, as after SIGTERM; nobody here starts it again, as a supervisor would.
  expect(await process!.exited).toMatchObject({ code: 0, signal: null });
  expect(await workers()).toEqual([]);
  expect((await client.job(job.id)).item_counts.succeeded).toBeLessThan(COUNT);

  await system.setItemMs(0);
  await system.startWorker();
  await client.finished(job.id, 120_000);
  const report = await checkJob(client, system.databaseUrl, job.id, files);
  expect(report.faults).toEqual([]);
  expect(report.job.item_counts.succeeded).toBe(COUNT);
  const [next] = await workers();
  expect(next!.id).not.toBe(worker!.id);
});
