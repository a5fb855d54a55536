import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ItemResult, Job, Task } from '#contracts';
import { checkJob } from '../rig/checker.js';
import { TestClient, type TestFile } from '../rig/client.js';
import { kill, untilProgress } from '../rig/process.js';
import { SHORT_TIMERS } from '../rig/short-timers.js';
import { System } from '../rig/system.js';
import { tinyImage } from '../rig/tiny-image.js';

const FILES = 300;
const REFUSED = 4;
const OCR: Task = { type: 'ocr' };
const MORE: Task[] = [
  { type: 'caption', language: 'en' },
  { type: 'detect', labels: ['dog', 'car'] },
];

let system: System;
let client: TestClient;

beforeAll(async () => {
  system = await System.start({ workers: 1, itemMs: 100, env: SHORT_TIMERS });
  client = new TestClient(system.url, system.apiKey);
});
afterAll(() => system?.stop());

const files = Array.from({ length: FILES }, (_, n): TestFile => {
  const text = n < REFUSED ? 'PALLET-TEST-REFUSE' : 'extend';
  return tinyImage(n, text);
});

async function resultsOf(jobId: string): Promise<ItemResult[]> {
  const all: ItemResult[] = [];
  for await (const item of client.results(jobId)) all.push(item);
  return all;
}

it('an ended job is asked more: a worker killed in the middle loses nothing, and old answers stay', async () => {
  const set = await client.createSet('extend');
  await client.upload(set.id, files);
  const job = await client.createJob(set.id, [OCR]);
  await client.finished(job.id, 120_000);
  const before = await resultsOf(job.id);

  const extended = await client.request<Job>('POST', `/v1/jobs/${job.id}/extend`, { tasks: MORE });
  expect(extended.item_counts).toMatchObject({ succeeded: 0, failed: REFUSED });
  await untilProgress(client, job.id, 40);
  const [worker] = system.workers;
  kill(worker!.pid, 'SIGKILL');
  await worker!.exited;
  await system.startWorker();
  const done = await client.finished(job.id, 120_000);
  expect(done).toMatchObject({
    outcome: 'partly_failed',
    tasks: [OCR, ...MORE],
    item_counts: { succeeded: FILES - REFUSED, failed: REFUSED },
  });
  expect((await checkJob(client, system.databaseUrl, job.id, files)).faults).toEqual([]);

  const after = await resultsOf(job.id);
  const answersOf = ({ answers }: ItemResult) => answers;
  expect(after.map((item) => item.answers.slice(0, 1))).toEqual(before.map(answersOf));
  const again = await client.createJob(set.id, [OCR, ...MORE], { cache: false });
  await client.finished(again.id, 120_000);
  const said = (items: ItemResult[]) =>
    items.map(({ n, state, answers }) => [n, state, answers.map(({ task, raw }) => [task, raw])]);
  expect(said(after)).toEqual(said(await resultsOf(again.id)));
});
