import { afterAll, beforeAll, expect, it } from 'vitest';
import { checkJob } from '../rig/checker.js';
import { TestClient } from '../rig/client.js';
import { System } from '../rig/system.js';
import { tinyImage } from '../rig/tiny-image.js';

let system: System;
let client: TestClient;

beforeAll(async () => {
  const env = { HOST_SILENCE_MS: '1500', LEASE_MS: '4000', HEARTBEAT_MS: '800', SWEEP_MS: '300' };
  system = await System.start({ workers: 1, itemMs: 20, env });
  client = new TestClient(system.url, system.apiKey);
});
afterAll(() => system?.stop());

it('sets aside the pictures that kill or hang the engine, and only those', async () => {
  const triggers = new Map([
    [7, 'PALLET-TEST-CRASH'],
    [150, 'PALLET-TEST-CRASH'],
    [260, 'PALLET-TEST-HANG'],
    [300, 'PALLET-TEST-REFUSE'],
  ]);
  const files = Array.from({ length: 400 }, (_, n) => tinyImage(n, triggers.get(n)));
  const set = await client.createSet('poison');
  await client.upload(set.id, files);
  const job = await client.createJob(set.id, [{ type: 'ocr' }]);
  await client.finished(job.id, 120_000);

  const { faults, job: done } = await checkJob(client, system.databaseUrl, job.id, files);
  expect(faults).toEqual([]);
  expect(done).toMatchObject({
    outcome: 'partly_failed',
    item_counts: { failed: 4, succeeded: 396 },
  });
  const failed = new Map<number, string | undefined>();
  for await (const item of client.results(job.id)) {
    if (item.state === 'failed') failed.set(item.n, item.error?.code);
  }
  expect(Object.fromEntries(failed)).toEqual({
    7: 'engine.crashed',
    150: 'engine.crashed',
    260: 'engine.crashed',
    300: 'image.undecodable',
  });
});
