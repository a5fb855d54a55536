import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiKey, newUuid, type Job } from '#contracts';
import { Database, saveApiKey } from '#database';
import { checkJob } from '../rig/checker.js';
import { TestClient } from '../rig/client.js';
import { System } from '../rig/system.js';
import { tinyImage } from '../rig/tiny-image.js';

const MANY = 1_000_000;
const REACHED = 50_000;
/** Slow enough that a shard takes seconds: then the machine's own noise is small beside it. */
const ITEM_MS = 100;
const MEASURED_SHARDS = 4;

let system: System;
let database: Database;

beforeAll(async () => {
  system = await System.start({ itemMs: ITEM_MS });
  database = new Database(system.databaseUrl, { connections: 2 });
});
afterAll(async () => {
  await database?.close();
  await system?.stop();
});

async function addTenant(): Promise<{ tenantId: string; client: TestClient }> {
  const tenantId = newUuid();
  const key = createApiKey();
  await database.query('INSERT INTO tenants (id, name) VALUES ($1, $2)', [tenantId, 'fair']);
  await saveApiKey(database, {
    id: newUuid(),
    tenantId,
    name: 'fairness',
    hash: createHash('sha256').update(key).digest(),
    hint: key.slice(0, 8),
    scopes: ['read', 'write'],
  });
  return { tenantId, client: new TestClient(system.url, key) };
}

/**
 * A set that counts a million images, and a job on it plans as many. Rows have only those that a worker can come to in
 * the time of this test, all of one picture: what is tried is the feed, and uploading a million is another test's matter.
 */
async function fillSet(client: TestClient): Promise<string> {
  const set = await client.createSet('many');
  await client.upload(set.id, [tinyImage(0)]);
  const uuid = set.id.slice('set_'.length);
  await database.query(
    `INSERT INTO images (set_id, n, name, sha256)
     SELECT set_id, more, 'image-' || more, sha256 FROM images, generate_series(1, $2::int - 1) AS more
     WHERE set_id = $1::uuid`,
    [uuid, REACHED],
  );
  await database.query('UPDATE image_sets SET accepted = $2 WHERE id = $1::uuid', [uuid, MANY]);
  return set.id;
}

/** How long a worker has a shard of the job, in milliseconds; the median of a few. */
async function measureShardMs(job: Job): Promise<number> {
  const seenAt = new Map<string, number>();
  const tookMs: number[] = [];
  const atStart = new Set<string>();
  for (let look = 0; tookMs.length < MEASURED_SHARDS; look += 1) {
    const leased = await database.query<{ id: string }>(
      `SELECT id::text FROM shards WHERE job_id = $1::uuid AND state = 'leased'`,
      [job.id.slice('job_'.length)],
    );
    const now = performance.now();
    const ids = new Set(leased.map(({ id }) => id));
    for (const id of ids) {
      if (look === 0) atStart.add(id);
      if (!seenAt.has(id)) seenAt.set(id, now);
    }
    for (const [id, since] of seenAt) {
      if (ids.has(id)) continue;
      seenAt.delete(id);
      // Of those that were there at the first look nobody knows since when.
      if (!atStart.has(id)) tookMs.push(now - since);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return tookMs.toSorted((a, b) => a - b)[Math.floor(tookMs.length / 2)]!;
}

describe('a tenant with ten images beside one with a million', () => {
  it('has them within three shard times', async () => {
    const [large, small] = [await addTenant(), await addTenant()];
    const tasks = [{ type: 'ocr' as const }];
    const set = await fillSet(large.client);
    const many = await large.client.createJob(set, tasks, { cache: false });
    expect(many.item_counts.total).toBe(MANY);
    const files = Array.from({ length: 10 }, (_, n) => tinyImage(n + 1));
    const few = await small.client.createSet('few');
    await small.client.upload(few.id, files);
    const shardMs = await measureShardMs(many);

    const job = await small.client.createJob(few.id, tasks, { cache: false });
    const done = await small.client.finished(job.id, 120_000);
    const tookMs = Date.parse(done.finished_at!) - Date.parse(done.created_at);
    const { item_counts: left } = await large.client.job(many.id);
    console.info(
      `ten images took ${(tookMs / shardMs).toFixed(1)} shard times of ${Math.round(shardMs)} ms`,
    );
    expect(tookMs).toBeLessThan(3 * shardMs);
    expect(left.succeeded).toBeLessThan(REACHED);
    const report = await checkJob(small.client, system.databaseUrl, job.id, files);
    expect(report.faults).toEqual([]);
  });
});
