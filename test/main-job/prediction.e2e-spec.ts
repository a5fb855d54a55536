import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Prediction } from '#contracts';
import { instantText } from '../../libs/testing/engine/instant-engine.js';
import { TestClient } from '../rig/client.js';
import { System } from '../rig/system.js';
import { tinyImage } from '../rig/tiny-image.js';

/** The bulk job takes three quarters of a minute: it is on its way however long the picture's own requests take. */
const ITEM_MS = 1_500;

let system: System;
let client: TestClient;

beforeAll(async () => {
  system = await System.start({ itemMs: ITEM_MS });
  client = new TestClient(system.url, system.apiKey);
});
afterAll(() => system?.stop());

it('answers one picture at once while a bulk job fills the queue', async () => {
  const set = await client.createSet('bulk');
  await client.upload(
    set.id,
    Array.from({ length: 1_000 }, (_, n) => tinyImage(n)),
  );
  const bulk = await client.createJob(set.id, [{ type: 'ocr' }]);

  const picture = tinyImage(5_000);
  const form = new FormData();
  form.append('tasks', JSON.stringify([{ type: 'ocr' }]));
  form.append('image', new Blob([Uint8Array.from(picture.bytes)]), picture.name);
  const prediction = await client.request<Prediction>('POST', '/v1/predictions', form);

  expect(prediction.result?.answers[0]?.raw).toBe(instantText(picture.bytes, { type: 'ocr' }));
  const { item_counts: counts, finished_at: finishedAt } = await client.job(bulk.id);
  expect(finishedAt).toBeNull();
  expect(counts.succeeded).toBeLessThan(counts.total / 2);
  await client.request('POST', `/v1/jobs/${bulk.id}/cancel`);
  await client.finished(bulk.id, 30_000);
});
