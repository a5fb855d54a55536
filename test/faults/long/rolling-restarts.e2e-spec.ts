import { setTimeout as lasting } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { checkJob } from '../../rig/checker.js';
import { TestClient } from '../../rig/client.js';
import { untilProgress } from '../../rig/process.js';
import { SHORT_TIMERS } from '../../rig/short-timers.js';
import { System } from '../../rig/system.js';
import { tinyImage } from '../../rig/tiny-image.js';

/** Ten are what is promised; a run of hours has better things to do. */
const MINUTES = Math.min(10, Number(process.env['FAULT_MINUTES'] ?? 1));
const WORKERS = 3;
/** One after the other, as on an accelerator that is full: work is bound by time, not by this machine. */
const ITEM_MS = 100;
const QUIET_MS = 15_000;
const ROUND_MS = 20_000;
const DRAIN_MS = 15_000;
const ITEMS_A_SECOND = (WORKERS * 1_000) / ITEM_MS;
const ITEMS = Math.ceil((MINUTES * 60 + QUIET_MS / 1_000 + 10) * ITEMS_A_SECOND);

let system: System;
let client: TestClient;

beforeAll(async () => {
  system = await System.start({
    workers: WORKERS,
    itemMs: ITEM_MS,
    isSerial: true,
    env: SHORT_TIMERS,
  });
  client = new TestClient(system.url, system.apiKey);
});
afterAll(() => system?.stop());

it(
  'of all workers, every 20 s, costs less than 40 % of what they do, and no image',
  async () => {
    const files = Array.from({ length: ITEMS }, (_, n) => tinyImage(n));
    const set = await client.createSet('rolling restarts');
    for (let from = 0; from < ITEMS; from += 500) {
      await client.upload(set.id, files.slice(from, from + 500));
    }
    const job = await client.createJob(set.id, [{ type: 'ocr' }]);
    await untilProgress(client, job.id, 50);
    const quiet = await rateOf(job.id, () => lasting(QUIET_MS));
    const restless = await rateOf(job.id, restartAgainAndAgain);
    console.info(`${quiet.toFixed(1)} images a second; ${restless.toFixed(1)} with restarts`);
    expect(restless).toBeGreaterThan(0.6 * quiet);
    await client.finished(job.id, 240_000);
    const report = await checkJob(client, system.databaseUrl, job.id, files);
    expect(report.faults).toEqual([]);
    expect(report.job.item_counts).toMatchObject({ succeeded: ITEMS });
  },
  MINUTES * 60_000 + 400_000,
);

/** Images that end in a second while something goes on. */
async function rateOf(jobId: string, goesOn: () => Promise<unknown>): Promise<number> {
  const ended = async () => (await client.job(jobId)).item_counts.succeeded;
  const [before, startedAt] = [await ended(), performance.now()];
  await goesOn();
  const count = (await ended()) - before;
  return (count * 1_000) / (performance.now() - startedAt);
}

/** One worker after the other, with nobody in its place meanwhile: the worst that a deployment can be set to. */
async function restartAgainAndAgain(): Promise<void> {
  const until = performance.now() + MINUTES * 60_000;
  while (performance.now() < until) {
    const roundEnds = lasting(ROUND_MS);
    for (const worker of Array.from(system.workers)) {
      expect(await worker.stop(DRAIN_MS)).toMatchObject({ code: 0, signal: null });
      await system.startWorker();
    }
    await roundEnds;
  }
}
