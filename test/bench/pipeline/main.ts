/**
 * Items per second from `POST /v1/jobs` to the last committed row, with an engine that answers at once:
 * api, dispatcher, queue, worker, IPC, commit, all as real processes. Beside it the plain way (one BullMQ
 * job per image, one row per result) over the same bytes, on the same Redis and Postgres, in turn.
 *
 * Predictions and figures: test/bench/README.md.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { parsePublicId } from '#contracts';
import { Database } from '#database';
import { startService } from '#embedded';
import { checkJob } from '../../rig/checker.js';
import { TestClient } from '../../rig/client.js';
import { compiled } from '../../rig/repository.js';
import { System } from '../../rig/system.js';
import { tinyImage } from '../../rig/tiny-image.js';

const ITEMS = Number(process.env['BENCH_ITEMS'] ?? 10_000);
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 5);

const system = await System.start({ isDirect: true, workers: 1, env: { LOG_LEVEL: 'warn' } });
await bench();

async function bench(): Promise<void> {
  const redis = new Redis(system.redis!.url);
  const database = new Database(system.databaseUrl);
  try {
    const client = new TestClient(system.url, system.apiKey);
    const { setId, files, uploadPerSecond } = await upload(client);
    const ours: number[] = [];
    const plain: number[] = [];
    let checked = 0;
    for (let round = 0; round <= ROUNDS; round += 1) {
      const mine = await runOurs(client, setId);
      const theirs = await runPlain(database);
      const { faults } = await checkJob(client, system.databaseUrl, mine.jobId, files);
      if (faults.length > 0) throw new Error(faults.join('; '));
      checked += 1;
      // The first round warms caches and compilers.
      if (round === 0) continue;
      ours.push(mine.perSecond);
      plain.push(theirs);
      console.log(
        `round ${round}: ours ${mine.perSecond.toFixed(0)}/s, plain ${theirs.toFixed(0)}/s`,
      );
    }
    const bytes = await redisBytes(client, redis, setId);
    console.log(
      JSON.stringify({
        bench: 'pipeline',
        items: ITEMS,
        rounds: ROUNDS,
        jobs_checked: checked,
        ours_items_per_s: Math.round(median(ours)),
        plain_items_per_s: Math.round(median(plain)),
        ratio: Number(median(ours.map((value, index) => value / plain[index]!)).toFixed(2)),
        upload_items_per_s: Math.round(uploadPerSecond),
        redis_bytes_per_waiting_image: Number(bytes.toFixed(2)),
      }),
    );
  } finally {
    redis.disconnect();
    await database.close();
    await system.stop();
  }
}

async function upload(client: TestClient) {
  const files = Array.from({ length: ITEMS }, (_, n) => tinyImage(n));
  const set = await client.createSet('bench');
  const startedAt = performance.now();
  for (let from = 0; from < ITEMS; from += 1_000) {
    await client.upload(set.id, files.slice(from, from + 1_000));
  }
  const uploadPerSecond = ITEMS / ((performance.now() - startedAt) / 1000);
  return { setId: set.id, files, uploadPerSecond };
}

async function runOurs(client: TestClient, setId: string) {
  const startedAt = performance.now();
  const job = await client.createJob(setId, [{ type: 'ocr' }], { cache: false });
  await client.finished(job.id, 300_000);
  return { jobId: job.id, perSecond: ITEMS / ((performance.now() - startedAt) / 1000) };
}

async function runPlain(database: Database): Promise<number> {
  const objects = join(system.directory, 'objects');
  const keys = (await readdir(objects, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(objects.length + 1));
  await database.query('DROP TABLE IF EXISTS plain_results');
  await database.query(
    'CREATE TABLE plain_results (n integer PRIMARY KEY, state text NOT NULL, answers jsonb, finished_at timestamptz DEFAULT now())',
  );
  const worker = await startService({
    name: 'plain',
    entry: compiled('test/bench/pipeline/plain-worker.js'),
    args: [system.redis!.url, system.databaseUrl, objects],
    env: { PATH: process.env['PATH'] },
  });
  const queueConnection = new Redis(system.redis!.url);
  const queue = new Queue('plain', { connection: queueConnection });
  const startedAt = performance.now();
  for (let from = 0; from < ITEMS; from += 1_000) {
    await queue.addBulk(
      keys.slice(from, from + 1_000).map((key, index) => ({
        name: 'image',
        data: { n: from + index, key },
        opts: { removeOnComplete: true },
      })),
    );
  }
  for (;;) {
    const [row] = await database.query<{ count: number }>(
      'SELECT count(*)::int FROM plain_results',
    );
    if (row!.count === ITEMS) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const perSecond = ITEMS / ((performance.now() - startedAt) / 1000);
  await worker.stop(2_000);
  await queue.close();
  queueConnection.disconnect();
  return perSecond;
}

/** What a full buffer of waiting tickets costs in Redis, over the images that they stand for. */
async function redisBytes(client: TestClient, redis: Redis, setId: string): Promise<number> {
  await Promise.all([...system.workers].map((worker) => worker.stop(10_000)));
  await redis.flushall();
  const job = await client.createJob(setId, [{ type: 'ocr' }], { cache: false });
  const database = new Database(system.databaseUrl, { connections: 1 });
  const waiting = async (): Promise<number> => {
    const [row] = await database.query<{ images: number | null }>(
      `SELECT sum(remaining)::int AS images FROM shards WHERE job_id = $1 AND state = 'dispatched'`,
      [parsePublicId('job', job.id)],
    );
    return row?.images ?? 0;
  };
  while ((await waiting()) === 0) await new Promise((resolve) => setTimeout(resolve, 50));
  let bytes = 0;
  for (const key of await redis.keys('*')) bytes += Number(await redis.memory('USAGE', key)) || 0;
  const images = await waiting();
  await client.request('POST', `/v1/jobs/${job.id}/cancel`);
  await database.close();
  return bytes / images;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
