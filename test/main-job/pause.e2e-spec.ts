import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parsePublicId } from '#contracts';
import { Database } from '#database';
import { checkJob } from '../rig/checker.js';
import { TestClient } from '../rig/client.js';
import { untilProgress } from '../rig/process.js';
import { System } from '../rig/system.js';
import { tinyImage } from '../rig/tiny-image.js';

/** A shard takes a quarter of a minute: a pause finds it in the middle, however late it comes. */
const ITEM_MS = 500;

let system: System;
let client: TestClient;
let database: Database;

beforeAll(async () => {
  system = await System.start({ itemMs: ITEM_MS, env: { HEARTBEAT_MS: '300' } });
  client = new TestClient(system.url, system.apiKey);
  database = new Database(system.databaseUrl, { connections: 1 });
});
afterAll(async () => {
  await database?.close();
  await system?.stop();
});

const shardsOf = (jobId: string) =>
  database.query<{ state: string; remaining: number; items: number }>(
    `SELECT state, remaining, (SELECT sum(upper(r) - lower(r)) FROM unnest(items) AS r)::int AS items
     FROM shards WHERE job_id = $1 AND state <> 'done'`,
    [parsePublicId('job', jobId)],
  );

const imagesFor = (count: number) => Array.from({ length: count }, (_, n) => tinyImage(n));

async function startJob(files: ReturnType<typeof imagesFor>, more: object = {}) {
  const set = await client.createSet('pause');
  await client.upload(set.id, files);
  return client.createJob(set.id, [{ type: 'ocr' }], more);
}

describe('a paused job', () => {
  it('gives back what is leased, lets others run, and goes on to the same end', async () => {
    const files = imagesFor(600);
    const job = await startJob(files, { priority: 5 });
    await untilProgress(client, job.id, 20);
    const paused = await client.request('POST', `/v1/jobs/${job.id}/pause`);
    expect(paused).toMatchObject({ state: 'paused', outcome: null });
    await expect
      .poll(async () => new Set((await shardsOf(job.id)).map(({ state }) => state)), {
        timeout: 20_000,
      })
      .toEqual(new Set(['held']));
    // Not run to its end first: one was given back in the middle.
    const shards = await shardsOf(job.id);
    expect(shards.some(({ remaining, items }) => remaining < items)).toBe(true);
    const before = await client.job(job.id);

    const small = imagesFor(10);
    const other = await startJob(small);
    await client.finished(other.id, 30_000);
    expect((await checkJob(client, system.databaseUrl, other.id, small)).faults).toEqual([]);
    expect(await client.job(job.id)).toEqual(before);

    await client.request('POST', `/v1/jobs/${job.id}/resume`);
    const done = await client.finished(job.id, 120_000);
    expect(done).toMatchObject({ state: 'completed', outcome: 'succeeded' });
    expect((await checkJob(client, system.databaseUrl, job.id, files)).faults).toEqual([]);
  });
});
