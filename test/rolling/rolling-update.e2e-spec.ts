import { afterAll, beforeAll, expect, it } from 'vitest';
import { checkJob } from '../rig/checker.js';
import { Balancer } from '../rig/balancer.js';
import { TestClient, type TestFile } from '../rig/client.js';
import { untilProgress } from '../rig/process.js';
import { SHORT_TIMERS } from '../rig/short-timers.js';
import { System, type Process } from '../rig/system.js';
import { tinyImage } from '../rig/tiny-image.js';
import { compiled } from '../rig/repository.js';
import { SteadyClients } from './steady-clients.js';

/** The version that is replaced: another build, which `npm run test:rolling` makes of an older commit, or this one. */
const BEFORE = process.env['ROLL_FROM'] ?? compiled('');
const ITEMS = 1_500;
const DRAIN_MS = 20_000;
/** Many probes of the balancer long, also where each takes its time. */
const LEAVE_MS = '4000';

let system: System;
let balancer: Balancer;
let apis: Process[];

beforeAll(async () => {
  system = await System.start({
    build: BEFORE,
    workers: 2,
    itemMs: 200,
    env: { ...SHORT_TIMERS, LEAVE_MS },
  });
  balancer = await Balancer.start();
  apis = [system.api, await system.startApiBeside()];
  for (const api of apis) await balancer.add(urlOf(api));
});
afterAll(async () => {
  await balancer?.stop();
  await system?.stop();
});

it('replaces every process under load: no request fails, and no image is lost', async () => {
  const client = new TestClient(balancer.url, system.apiKey);
  const { job, files } = await startJob(client);
  const clients = new SteadyClients(balancer.url, system.apiKey, {
    jobId: job.id,
    firstImage: ITEMS,
  });
  try {
    await untilProgress(client, job.id, 50);
    system.build = compiled('');
    await replaceApis();
    await replaceDispatcher();
    await replaceWorkers();
    // All that is left is new, and does the rest.
    const { item_counts: counts } = await client.job(job.id);
    await untilProgress(client, job.id, Math.min(ITEMS, counts.succeeded + 20));
  } finally {
    await clients.stop();
  }
  // Softly: whether images were lost is to be seen as well.
  expect.soft(clients.failures).toEqual([]);
  expect(clients.requests).toBeGreaterThan(200);
  console.info(`${clients.requests} requests, ${clients.retries} told to come back`);
  await expectAllWell(client, { jobId: job.id, files });
  for (const ordered of clients.ordered) await expectAllWell(client, ordered);
});

async function startJob(client: TestClient) {
  const files = Array.from({ length: ITEMS }, (_, n) => tinyImage(n));
  const set = await client.createSet('rolling');
  for (let from = 0; from < ITEMS; from += 500) {
    await client.upload(set.id, files.slice(from, from + 500));
  }
  return { files, job: await client.createJob(set.id, [{ type: 'ocr' }]) };
}

/** `maxSurge: 1, maxUnavailable: 0`, as in the chart: the new one is ready before an old one is told to stop. */
async function replaceApis(): Promise<void> {
  for (const old of apis) {
    await balancer.add(urlOf(await system.startApiBeside()));
    await expectEnd(old);
    balancer.remove(urlOf(old));
  }
}

async function replaceDispatcher(): Promise<void> {
  const old = system.dispatcher;
  await system.startDispatcher();
  await expectEnd(old);
}

async function replaceWorkers(): Promise<void> {
  // Of then: new ones join the same set.
  const before = Array.from(system.workers);
  for (const old of before) {
    await system.startWorker();
    await expectEnd(old);
  }
}

async function expectEnd(old: Process): Promise<void> {
  expect(await old.stop(DRAIN_MS)).toMatchObject({ code: 0, signal: null });
}

async function expectAllWell(
  client: TestClient,
  { jobId, files }: { jobId: string; files: readonly TestFile[] },
): Promise<void> {
  const job = await client.finished(jobId, 120_000);
  expect((await checkJob(client, system.databaseUrl, jobId, files)).faults).toEqual([]);
  expect(job.item_counts).toMatchObject({ succeeded: files.length, total: files.length });
}

const urlOf = (api: Process): string => (api.ready as { url: string }).url;
