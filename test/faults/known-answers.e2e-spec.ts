import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Task } from '#contracts';
import { checkJob } from '../rig/checker.js';
import { TestClient, type TestFile } from '../rig/client.js';
import { hostsOf, kill, untilProgress } from '../rig/process.js';
import { SHORT_TIMERS } from '../rig/short-timers.js';
import { System } from '../rig/system.js';
import { tinyImage } from '../rig/tiny-image.js';

const CONTENTS = 600;
const FILES = 800;
const KILLS = 6;
const OCR: Task = { type: 'ocr' };
const CAPTION: Task = { type: 'caption', language: 'en' };

let system: System;
let client: TestClient;

beforeAll(async () => {
  system = await System.start({ workers: 2, itemMs: 60, env: SHORT_TIMERS });
  client = new TestClient(system.url, system.apiKey);
});
afterAll(() => system?.stop());

/** The first 200 contents come twice, under two names. */
const files = Array.from({ length: FILES }, (_, n): TestFile => {
  return { name: tinyImage(n).name, bytes: tinyImage(n % CONTENTS).bytes };
});

async function makeSet(some: readonly TestFile[]): Promise<string> {
  const set = await client.createSet('known answers');
  await client.upload(set.id, some);
  return set.id;
}

async function countCached(jobId: string): Promise<number> {
  let cached = 0;
  for await (const item of client.results(jobId)) {
    cached += item.answers.filter((answer) => answer.cached === true).length;
  }
  return cached;
}

it('takes known answers through kills of workers and hosts, and each image ends once with the right ones', async () => {
  const half = files.slice(0, CONTENTS / 2);
  const before = await client.createJob(await makeSet(half), [OCR]);
  await client.finished(before.id, 120_000);
  expect(await countCached(before.id)).toBe(0);

  const setId = await makeSet(files);
  const job = await client.createJob(setId, [CAPTION, OCR]);
  for (let n = 1; n <= KILLS; n += 1) {
    await untilProgress(client, job.id, Math.floor((FILES * 0.8 * n) / KILLS));
    const worker = [...system.workers][n % 2]!;
    if (n % 2 === 0) {
      for (const host of hostsOf(worker.pid)) kill(host, 'SIGKILL');
    } else {
      kill(worker.pid, 'SIGKILL');
      await worker.exited;
      await system.startWorker();
    }
  }
  await client.finished(job.id, 120_000);
  const report = await checkJob(client, system.databaseUrl, job.id, files);
  expect(report.faults).toEqual([]);
  expect(report.job.item_counts.succeeded).toBe(FILES);
  // The reading of half of the contents was known before, 100 of them under two names.
  expect(await countCached(job.id)).toBeGreaterThanOrEqual(half.length);

  const again = await client.createJob(setId, [OCR, CAPTION]);
  await client.finished(again.id, 120_000);
  expect((await checkJob(client, system.databaseUrl, again.id, files)).faults).toEqual([]);
  expect(await countCached(again.id)).toBe(FILES * 2);

  const without = await client.createJob(setId, [OCR], { cache: false });
  await client.finished(without.id, 120_000);
  expect((await checkJob(client, system.databaseUrl, without.id, files)).faults).toEqual([]);
  expect(await countCached(without.id)).toBe(0);
}, 600_000);
