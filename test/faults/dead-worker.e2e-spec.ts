import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkJob } from '../rig/checker.js';
import { TestClient } from '../rig/client.js';
import { untilLeasesExpire } from '../rig/lease.js';
import { kill, untilProgress } from '../rig/process.js';
import { System } from '../rig/system.js';
import { tinyImage } from '../rig/tiny-image.js';

/** The promise, with the settings that come out of the box. */
const TAKE_OVER_MS = 30_000;
const ITEMS = 400;

let system: System;
let client: TestClient;

beforeAll(async () => {
  system = await System.start({ workers: 2, itemMs: 1_500 });
  client = new TestClient(system.url, system.apiKey);
});
afterAll(() => system?.stop());

describe('with the default settings', () => {
  it('runs the items of a dead worker elsewhere within 30 s', async () => {
    const files = Array.from({ length: ITEMS }, (_, n) => tinyImage(n));
    const set = await client.createSet('dead worker');
    await client.upload(set.id, files);
    const job = await client.createJob(set.id, [{ type: 'ocr' }]);
    await untilProgress(client, job.id, 20);
    const [victim] = [...system.workers];
    kill(victim!.pid, 'SIGKILL');
    const diedAt = performance.now();
    await untilLeasesExpire(system.databaseUrl, victim!.pid);
    // Its shards are ready again; the next progress past what both had in flight is made elsewhere.
    const tookMs = performance.now() - diedAt;
    console.info(`dead worker's shards were taken back after ${Math.round(tookMs)} ms`);
    expect(tookMs).toBeLessThan(TAKE_OVER_MS);
    await client.finished(job.id, 120_000);
    expect((await checkJob(client, system.databaseUrl, job.id, files)).faults).toEqual([]);
  });
});
