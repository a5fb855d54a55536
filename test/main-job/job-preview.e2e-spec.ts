import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Job, JobPreview, Task } from '#contracts';
import { instantText } from '../../libs/testing/engine/instant-engine.js';
import { TestClient } from '../rig/client.js';
import { System } from '../rig/system.js';
import { tinyImage } from '../rig/tiny-image.js';

const TASK: Task = { type: 'ocr' };
const FILES = 1_000;
/** The bulk job takes three quarters of a minute: it is on its way however long the preview's requests take. */
const ITEM_MS = 1_500;
let system: System;
let client: TestClient;

beforeAll(async () => {
  system = await System.start({ itemMs: ITEM_MS });
  client = new TestClient(system.url, system.apiKey);
});
afterAll(() => system?.stop());

it('shows what a job will say while another one fills the queue', async () => {
  const files = Array.from({ length: FILES }, (_, n) => tinyImage(n));
  const set = await client.createSet('preview');
  await client.upload(set.id, files);
  const bulk = await client.createJob(set.id, [TASK]);

  const preview = await client.request<JobPreview>('POST', '/v1/jobs/preview', {
    image_set: set.id,
    tasks: [TASK],
    samples: 5,
  });
  expect(preview.samples.map(({ n, answers }) => [n, answers[0]?.raw])).toEqual(
    [100, 300, 500, 700, 900].map((n) => [n, instantText(files[n]!.bytes, TASK)]),
  );
  expect(preview).toMatchObject({ items: FILES, workers: 1, samples_left: 0 });
  // None of them can be faster than one asking of the engine; five fit into its window.
  expect(preview.estimate!.accelerator_seconds).toBeGreaterThan(((FILES / 5) * ITEM_MS) / 1_000);
  expect((await client.job(bulk.id)).finished_at).toBeNull();
  const { data } = await client.request<{ data: Job[] }>('GET', '/v1/jobs');
  expect(data.map((job) => job.id)).toEqual([bulk.id]);
  await client.request('POST', `/v1/jobs/${bulk.id}/cancel`);
  await client.finished(bulk.id, 30_000);
});
