import { setTimeout as lasting } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { parsePublicId } from '#contracts';
import { Database } from '#database';
import { checkJob } from '../../rig/checker.js';
import { TestClient, type TestFile } from '../../rig/client.js';
import { ConnectionHog } from '../../rig/connection-hog.js';
import { untilProgress } from '../../rig/process.js';
import { SHORT_TIMERS } from '../../rig/short-timers.js';
import { System } from '../../rig/system.js';
import { tinyImage } from '../../rig/tiny-image.js';

const CONNECTIONS = 40;
/** Work for far longer than connections are away. */
const ITEMS = 2_000;
const AWAY_MS = 4 * Number(SHORT_TIMERS.LEASE_MS);
/** A request waits for a connection for five seconds; the rest is for this machine. */
const ANSWER_MS = 7_000;
/** A pool closes what was idle for ten seconds. */
const IDLE_MS = 11_000;
const REQUESTS = 100;
const REFUSED = /: 503 .*"code":"database\.unavailable".*"retry_after":\d/;

let system: System;
let client: TestClient;
let hog: ConnectionHog | undefined;
let nextImage = 0;

beforeAll(async () => {
  system = await System.start({
    workers: 2,
    itemMs: 20,
    isSerial: true,
    env: SHORT_TIMERS,
    postgresSettings: { max_connections: String(CONNECTIONS) },
  });
  client = new TestClient(system.url, system.apiKey);
});
afterEach(() => hog?.letGo());
afterAll(() => system?.stop());

const pictures = (count: number): TestFile[] =>
  Array.from({ length: count }, () => tinyImage(nextImage++));

it('a PostgreSQL without connections: requests are refused in time, leases are kept, all goes on', async () => {
  const files = pictures(ITEMS);
  const set = await client.createSet('under way');
  await client.upload(set.id, files);
  const job = await client.createJob(set.id, [{ type: 'ocr' }]);
  await untilProgress(client, job.id, 20);
  const later = await client.createSet('later');

  const { item_counts: before } = await client.job(job.id);
  hog = new ConnectionHog(system.databaseUrl);
  await hog.untilNoneLeft();
  await hog.rob('pallet-api');
  const endsAt = performance.now() + AWAY_MS;
  const attempts = await Promise.all(
    Array.from({ length: REQUESTS }, (_, n) => attempt(later.id, n)),
  );
  const refused = attempts.filter(({ refusal }) => refusal !== undefined);
  for (const { refusal, tookMs } of attempts) {
    if (refusal !== undefined) expect(refusal).toMatch(REFUSED);
    expect(tookMs).toBeLessThan(ANSWER_MS);
  }
  expect(refused.length).toBeGreaterThan(REQUESTS / 2);
  await lasting(Math.max(0, endsAt - performance.now()));
  await hog.letGo();
  const shards = await shardsOf(job.id);
  expect(shards.map(({ state }) => state)).toContain('leased');
  expect(shards.filter(({ fence }) => fence > 1)).toEqual([]);
  expect((await client.job(job.id)).item_counts.succeeded).toBeGreaterThan(before.succeeded + 200);

  const more = pictures(50);
  const taken = attempts.flatMap(({ refusal, files: its }) => (refusal === undefined ? its : []));
  await client.upload(later.id, more);
  const next = await client.createJob(later.id, [{ type: 'ocr' }]);
  await expectAllWell(job.id, files);
  await expectAllWell(next.id, [...taken, ...more]);
});

/** One of many requests, uploads and others. A connection that a process has done with may come to it. */
async function attempt(setId: string, n: number) {
  const files = n % 2 === 0 ? pictures(1) : [];
  const startedAt = performance.now();
  const request = n % 2 === 0 ? client.upload(setId, files) : client.createSet('another');
  const refusal = await request.then(
    () => undefined,
    (error: Error) => error.message,
  );
  return { files, refusal, tookMs: performance.now() - startedAt };
}

async function shardsOf(jobId: string): Promise<{ state: string; fence: number }[]> {
  const database = new Database(system.databaseUrl, { connections: 1 });
  const shards = await database.query<{ state: string; fence: number }>(
    'SELECT state, fence::int FROM shards WHERE job_id = $1',
    [parsePublicId('job', jobId)],
  );
  await database.close();
  return shards;
}

async function expectAllWell(jobId: string, files: readonly TestFile[]): Promise<void> {
  await client.finished(jobId, 120_000);
  const report = await checkJob(client, system.databaseUrl, jobId, files);
  expect(report.faults).toEqual([]);
  expect(report.job.item_counts).toMatchObject({ succeeded: files.length, failed: 0 });
}

it('who has been idle for longer than connections are kept still has one', async () => {
  const database = new Database(system.databaseUrl, { connections: 2 });
  const own = () => database.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const before = await own();
  await lasting(IDLE_MS);
  hog = new ConnectionHog(system.databaseUrl);
  await hog.untilNoneLeft();
  expect(await own()).toEqual(before);
  await hog.letGo();
  await database.close();
});
