import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ItemResult, Job, Task } from '#contracts';
import { TestClient } from '../rig/client.js';
import { REPOSITORY } from '../rig/repository.js';
import { System } from '../rig/system.js';
import { photograph } from '../hostile/hostile-files.js';

const TASKS: readonly Task[] = [
  { type: 'caption', language: 'en' },
  { type: 'detect', labels: ['cat', 'cup'] },
  { type: 'prompt', prompt: 'count things' },
];
/** What each picture brings, as positions in `TASKS`. */
const OWN = { 'cat.jpg': [1], 'coffee.jpg': [2, 0], 'rocket.jpg': [0, 1, 2] };

let system: System;
let client: TestClient;

beforeAll(async () => {
  const directory = join(REPOSITORY, 'test/fixtures/checkpoints/tiny-paligemma');
  system = await System.start({ queue: 'postgres', model: { name: 'tiny', directory } });
  client = new TestClient(system.url, system.apiKey);
});
afterAll(() => system?.stop());

async function results(jobId: string): Promise<ItemResult[]> {
  await client.finished(jobId, 120_000);
  const items: ItemResult[] = [];
  for await (const item of client.results(jobId)) items.push(item);
  return items;
}

it('asks each picture its own tasks, and says what it says when it is asked them all', async () => {
  const files = Object.keys(OWN).map(photograph);
  const first = await client.createSet('asked all');
  await client.upload(first.id, files);
  const all = await results((await client.createJob(first.id, TASKS)).id);

  const second = await client.createSet('asked their own');
  const images = files.map(({ name, bytes }) => ({
    name,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    tasks: OWN[name as keyof typeof OWN].map((task) => TASKS[task]),
  }));
  await client.request('POST', `/v1/image-sets/${second.id}/images/known`, { images });
  // Computed anew: what is known of the first job would be right whatever the engine does.
  const order = { image_set: second.id, seal: true, tasks: 'own', cache: false };
  const job = await client.request<Job>('POST', '/v1/jobs', order);
  expect(job.tasks).toBe('own');
  const own = await results(job.id);

  expect(own.map((item) => item.tasks)).toEqual(images.map(({ tasks }) => tasks));
  expect(own.map((item) => item.answers.map(({ raw }) => raw))).toEqual(
    Object.values(OWN).map((tasks, n) => tasks.map((task) => all[n]!.answers[task]!.raw)),
  );

  const again = await client.request<Job>('POST', '/v1/jobs', { ...order, cache: true });
  const known = await results(again.id);
  expect(known.flatMap((item) => item.answers.map(({ cached }) => cached))).toEqual(
    Array.from({ length: 6 }, () => true),
  );
  expect(known.map((item) => item.answers.map(({ raw, task }) => [task, raw]))).toEqual(
    own.map((item) => item.answers.map(({ raw, task }) => [task, raw])),
  );
});
