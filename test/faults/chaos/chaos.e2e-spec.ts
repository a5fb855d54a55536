import { createHash } from 'node:crypto';
import { setTimeout as lasting } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createApiKey, newUuid, type Job } from '#contracts';
import { Database, saveApiKey } from '#database';
import { useRedis, useS3 } from '#testing';
import { checkJob } from '../../rig/checker.js';
import { TestClient, type TestFile } from '../../rig/client.js';
import { seededRandom } from '../../rig/random.js';
import { SHORT_TIMERS } from '../../rig/short-timers.js';
import { System } from '../../rig/system.js';
import { tinyImage } from '../../rig/tiny-image.js';
import { checkSystem } from './invariants.js';
import { Receiver } from './receiver.js';
import { STRIKES } from './strikes.js';

const SEED = Number(process.env['FAULT_SEED'] ?? Date.now() % 1_000_000);
const MINUTES = Number(process.env['FAULT_MINUTES'] ?? 0.75);
/** Strikes of one round, one after the other, while its jobs run. */
const STRIKES_PER_ROUND = 6;

const redis = useRedis();
const s3 = useS3();
const random = seededRandom(SEED);
const receiver = new Receiver(seededRandom(SEED + 1));
let system: System;
let tenants: TestClient[];
let hook: string;
let nextImage = 0;

beforeAll(async () => {
  hook = await receiver.start();
  system = await System.start({
    queue: { redisUrl: redis.url() },
    workers: 2,
    itemMs: 40,
    storageUrl: s3.url('chaos'),
    env: {
      ...SHORT_TIMERS,
      OUTGOING_ALLOW: '127.0.0.0/8',
      DRAIN_TIMEOUT_MS: '3000',
      AWS_ACCESS_KEY_ID: s3.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: s3.credentials.secretAccessKey,
    },
  });
  tenants = [
    new TestClient(system.url, system.apiKey),
    new TestClient(system.url, await addTenant()),
  ];
});
afterAll(async () => {
  receiver.stop();
  await system?.stop();
});

it(
  'keeps every promise through whatever comes',
  async () => {
    console.info(`FAULT_SEED=${SEED} FAULT_MINUTES=${MINUTES}`);
    const until = performance.now() + MINUTES * 60_000;
    const struck = new Map<string, number>();
    let jobs = 0;
    do {
      const orders = await Promise.all(tenants.map(startJob));
      for (let n = 0; n < STRIKES_PER_ROUND; n += 1) {
        const names = Object.keys(STRIKES);
        const name = names[Math.floor(random() * names.length)]!;
        struck.set(name, (struck.get(name) ?? 0) + 1);
        await STRIKES[name]!({ system, redis, random });
      }
      await Promise.all(orders.map(expectAllWell));
      jobs += orders.length;
    } while (performance.now() < until);
    expect(await checkSystem(system, { ...s3, url: s3.url('chaos') }, await keysOfRedis())).toEqual(
      [],
    );
    expect(receiver.faults).toEqual([]);
    console.info(`${jobs} jobs, ${nextImage} images; strikes: ${JSON.stringify([...struck])}`);
  },
  MINUTES * 60_000 + 240_000,
);

interface Order {
  readonly client: TestClient;
  readonly files: readonly TestFile[];
  readonly jobId: string;
}

async function startJob(client: TestClient): Promise<Order> {
  const files = Array.from({ length: 200 + Math.floor(random() * 500) }, () =>
    tinyImage(nextImage++),
  );
  const set = await insist(() => client.createSet('chaos'));
  await insist(() => client.upload(set.id, files));
  const path = `/${tenants.indexOf(client)}`;
  const order = { webhook: { url: hook + path, events: ['job.finished'] } };
  const job = await insist(() => client.createJob(set.id, [{ type: 'ocr' }], order));
  // In the answer to the first only.
  if (job.webhook?.secret !== undefined) receiver.secrets.set(path, job.webhook.secret);
  return { client, files, jobId: job.id };
}

async function expectAllWell({ client, files, jobId }: Order): Promise<void> {
  const job = await untilFinished(client, jobId);
  const report = await insist(() => checkJob(client, system.databaseUrl, jobId, files));
  expect(report.faults).toEqual([]);
  expect(job.item_counts).toMatchObject({ total: files.length, succeeded: files.length });
  for (const other of tenants.filter((one) => one !== client)) {
    await expect(insist(() => other.job(jobId))).rejects.toThrow('404');
  }
  while (!receiver.eventsOf.has(jobId)) await lasting(50);
  expect(receiver.eventsOf.get(jobId)!.size).toBe(1);
}

async function untilFinished(client: TestClient, jobId: string): Promise<Job> {
  for (;;) {
    const job = await insist(() => client.job(jobId));
    if (job.finished_at !== null) return job;
    await lasting(100);
  }
}

/** As a client should: what failed for a reason that passes is asked again. */
async function insist<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!/fetch failed|terminated|: 50[0234] /.test(String(error))) throw error;
      await lasting(200);
    }
  }
}

async function addTenant(): Promise<string> {
  const database = new Database(system.databaseUrl, { connections: 1 });
  const key = createApiKey();
  const tenantId = newUuid();
  await database.query('INSERT INTO tenants (id, name) VALUES ($1, $2)', [tenantId, 'second']);
  await saveApiKey(database, {
    id: newUuid(),
    tenantId,
    name: 'chaos',
    hash: createHash('sha256').update(key).digest(),
    hint: key.slice(0, 8),
    scopes: ['read', 'write'],
  });
  await database.close();
  return key;
}

const keysOfRedis = async (): Promise<number> =>
  Number((await redis.command('DBSIZE')).replace(/\D/g, ''));
