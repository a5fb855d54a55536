import { setTimeout as lasting } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parsePublicId } from '#contracts';
import { Database } from '#database';
import { checkJob } from '../../rig/checker.js';
import { TestClient } from '../../rig/client.js';
import { untilProgress } from '../../rig/process.js';
import { SHORT_TIMERS } from '../../rig/short-timers.js';
import { System } from '../../rig/system.js';
import { tinyImage } from '../../rig/tiny-image.js';

/** One shard, of which a worker does forty a second: five times what it commits at once. */
const ITEMS = 200;
const ITEM_MS = 200;

let system: System;
let client: TestClient;
let database: Database;

beforeAll(async () => {
  system = await System.start({ workers: 2, itemMs: ITEM_MS, env: SHORT_TIMERS });
  client = new TestClient(system.url, system.apiKey);
  database = new Database(system.databaseUrl, { connections: 1 });
});
afterAll(async () => {
  await database?.close();
  await system?.stop();
});

interface Holder {
  readonly id: string;
  readonly pid: number;
  /** By the clock that writes when items end. */
  readonly at: Date;
}

/** Resolves with the worker that has the job's shard, when it is another one than that. */
async function untilHeld(jobId: string, exceptPid = 0): Promise<Holder> {
  for (;;) {
    const [holder] = await database.query<Holder & Record<string, unknown>>(
      `SELECT workers.id, workers.pid, clock_timestamp() AS at
       FROM shards JOIN workers ON workers.id = shards.worker_id
       WHERE job_id = $1 AND shards.state = 'leased' AND workers.pid <> $2`,
      [parsePublicId('job', jobId), exceptPid],
    );
    if (holder !== undefined) return holder;
    await lasting(10);
  }
}

it('a commit that arrives when another has the lease is refused, as a whole', async () => {
  const files = Array.from({ length: ITEMS }, (_, n) => tinyImage(n));
  const set = await client.createSet('late commit');
  await client.upload(set.id, files);
  const job = await client.createJob(set.id, [{ type: 'ocr' }]);
  await untilProgress(client, job.id, 1);
  const late = await untilHeld(job.id);
  const worker = [...system.workers].find(({ pid }) => pid === late.pid)!;
  // Its next commit is sent, and is on the wire until the wire heals. Tickets are for the other one.
  worker.links.database.set({ kind: 'silence' });
  worker.links.queue.set({ kind: 'refuse' });
  // Who has the lease now commits nothing for a second.
  const next = await untilHeld(job.id, late.pid);
  worker.links.heal();
  await client.finished(job.id, 60_000);
  const accepted = await database.query(
    'SELECT n FROM items WHERE job_id = $1 AND worker_id = $2 AND finished_at > $3',
    [parsePublicId('job', job.id), late.id, next.at],
  );
  expect(accepted).toEqual([]);
  const report = await checkJob(client, system.databaseUrl, job.id, files);
  expect(report.faults).toEqual([]);
  expect(report.job.item_counts).toMatchObject({ succeeded: ITEMS });
});
