import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkJob } from '../rig/checker.js';
import { TestClient, type TestFile } from '../rig/client.js';
import { System } from '../rig/system.js';
import { tinyImage } from '../rig/tiny-image.js';

let system: System;
let client: TestClient;

beforeAll(async () => {
  // One shard at a time, so that these jobs take half a minute when nothing stops them.
  system = await System.start({ itemMs: 100, env: { SHARD_CONCURRENCY: '1' } });
  client = new TestClient(system.url, system.apiKey);
});
afterAll(() => system?.stop());

async function startJob(files: readonly TestFile[], limits: object) {
  const set = await client.createSet('limits');
  await client.upload(set.id, files);
  return client.createJob(set.id, [{ type: 'ocr' }], limits);
}

const refused = (file: TestFile): TestFile => ({
  ...file,
  bytes: Buffer.concat([file.bytes, Buffer.from('PALLET-TEST-REFUSE')]),
});

describe('a job', () => {
  it('ends as expired at its deadline, with what it has done', async () => {
    const files = Array.from({ length: 2_000 }, (_, n) => tinyImage(n));
    const job = await startJob(files, { timeout_seconds: 8 });
    const done = await client.finished(job.id, 30_000);
    expect(done).toMatchObject({ state: 'completed', outcome: 'expired', stop_reason: 'deadline' });
    expect(done.item_counts.succeeded).toBeGreaterThan(0);
    expect(done.item_counts.cancelled).toBeGreaterThan(0);
    expect((await checkJob(client, system.databaseUrl, job.id, files)).faults).toEqual([]);
  });

  it('is stopped when too many of its images fail', async () => {
    const files = Array.from({ length: 1_500 }, (_, n) =>
      n % 2 === 0 ? refused(tinyImage(10_000 + n)) : tinyImage(10_000 + n),
    );
    const job = await startJob(files, { max_failure_rate: 0.2, failure_rate_min_items: 20 });
    const done = await client.finished(job.id, 60_000);
    expect(done).toMatchObject({ outcome: 'failed', stop_reason: 'failure_rate' });
    expect(done.error_counts).toEqual({ 'image.undecodable': done.item_counts.failed });
    expect(done.item_counts.cancelled).toBeGreaterThan(0);
    expect((await checkJob(client, system.databaseUrl, job.id, files)).faults).toEqual([]);
  });
});
