import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as lasting } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parsePublicId, type ImageSet, type PartUrls, type Upload } from '#contracts';
import { Database } from '#database';
import { useS3 } from '#testing';
import { checkJob } from '../../rig/checker.js';
import { TestClient, type TestFile } from '../../rig/client.js';
import { FalseClock, hasFalseClocks } from '../../rig/false-clock.js';
import { untilLeasesExpire } from '../../rig/lease.js';
import { hostsOf, kill, untilProgress } from '../../rig/process.js';
import { SHORT_TIMERS } from '../../rig/short-timers.js';
import { StrictS3 } from '../../rig/strict-s3.js';
import { System } from '../../rig/system.js';
import { tinyImage } from '../../rig/tiny-image.js';
import { Receiver } from '../chaos/receiver.js';

const HOUR_SECONDS = 3_600;
const SIDES = [
  ['ahead', HOUR_SECONDS],
  ['behind', -HOUR_SECONDS],
] as const;
const TASKS = [{ type: 'ocr' }] as const;

const s3 = useS3();
const receiver = new Receiver(() => 1);
let strict: StrictS3;
let system: System;
let client: TestClient;
let database: Database;
let hook: string;
let nextImage = 0;

beforeAll(async () => {
  strict = new StrictS3(s3.endpoint());
  hook = await receiver.start();
  system = await System.start({
    workers: 1,
    itemMs: 60,
    storageUrl: await strict.start(s3.url('clocks')),
    env: {
      ...SHORT_TIMERS,
      OUTGOING_ALLOW: '127.0.0.0/8',
      AWS_ACCESS_KEY_ID: s3.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: s3.credentials.secretAccessKey,
    },
  });
  client = new TestClient(system.url, system.apiKey);
  database = new Database(system.databaseUrl, { connections: 1 });
});
afterAll(async () => {
  receiver.stop();
  await database?.close();
  await system?.stop();
  strict?.stop();
});

const newClock = (): FalseClock => new FalseClock(join(system.directory, `clock-${nextImage}`));

async function order(by: TestClient, count: number, more: object = {}) {
  const files = Array.from({ length: count }, () => tinyImage(nextImage++));
  const set = await by.createSet('clocks');
  await by.upload(set.id, files);
  return { files, job: await by.createJob(set.id, TASKS, more) };
}

async function expectAllWell(jobId: string, files: readonly TestFile[]): Promise<void> {
  await client.finished(jobId, 60_000);
  const report = await checkJob(client, system.databaseUrl, jobId, files);
  expect(report.faults).toEqual([]);
  expect(report.job.item_counts).toMatchObject({ succeeded: files.length });
}

const soon = (seconds: number): string => new Date(Date.now() + seconds * 1_000).toISOString();

// `npm run test:faults` takes the library out of Debian's package libfaketime; elsewhere there is none.
describe.skipIf(!hasFalseClocks)('an hour', () => {
  it.each(SIDES)('%s, all at once, in a worker: no lease ends early, none late', async (_, by) => {
    const clock = newClock();
    const worker = await system.startWorker(clock.env);
    const { files, job } = await order(client, 800);
    await untilProgress(client, job.id, 80);
    clock.set(by);
    await expectAllWell(job.id, files);
    const shards = await database.query<{ fence: number }>(
      'SELECT fence::int FROM shards WHERE job_id = $1 AND fence <> 1',
      [parsePublicId('job', job.id)],
    );
    expect(shards).toEqual([]);
    expect(hostsOf(worker.pid)).toEqual([worker.hostPid]);

    const next = await order(client, 800);
    await untilProgress(client, next.job.id, 80);
    kill(worker.pid, 'SIGKILL');
    const diedAt = performance.now();
    await untilLeasesExpire(system.databaseUrl, worker.pid);
    const tookMs = performance.now() - diedAt;
    console.info(`taken back after ${Math.round(tookMs)} ms`);
    expect(tookMs).toBeLessThan(2 * Number(SHORT_TIMERS.LEASE_MS));
    await expectAllWell(next.job.id, next.files);
  });

  it('after another, ahead, in a worker: its engine host is not taken for silent', async () => {
    // It says that it lives twice a second and is looked at once: one step of four comes between the two.
    const slow = await System.start({
      workers: 0,
      itemMs: 1_000,
      env: { ...SHORT_TIMERS, HOST_SILENCE_MS: '4000' },
    });
    try {
      const clock = new FalseClock(join(slow.directory, 'clock'));
      const worker = await slow.startWorker(clock.env);
      const by = new TestClient(slow.url, slow.apiKey);
      const { files, job } = await order(by, 100);
      await untilProgress(by, job.id, 1);
      for (let step = 1; step <= 20; step += 1) {
        clock.set(step * HOUR_SECONDS);
        await lasting(450);
      }
      await by.finished(job.id, 60_000);
      expect(hostsOf(worker.pid)).toEqual([worker.hostPid]);
      expect((await checkJob(by, slow.databaseUrl, job.id, files)).faults).toEqual([]);
    } finally {
      await slow.stop();
    }
  });

  it.each(SIDES)('%s from its start, in a worker: the store is read', async (_, by) => {
    const clock = newClock();
    clock.set(by);
    const worker = await system.startWorker(clock.env);
    const before = strict.refused.get('RequestTimeTooSkewed') ?? 0;
    const { files, job } = await order(client, 300);
    await expectAllWell(job.id, files);
    // It was told so, and has signed by the store's clock since.
    expect(strict.refused.get('RequestTimeTooSkewed')).toBeGreaterThan(before);
    expect(await worker.stop(20_000)).toMatchObject({ code: 0 });
  });

  it.each(SIDES)('%s in an api: uploads, deadlines and answers are right', async (_, by) => {
    const clock = newClock();
    clock.set(by);
    const api = await system.startApiBeside(clock.env);
    const there = new TestClient((api.ready as { url: string }).url, system.apiKey);
    const { files, job } = await order(there, 50, { deadline_at: soon(HOUR_SECONDS / 2) });
    await expectAllWell(job.id, files);
    await expect(order(there, 1, { deadline_at: soon(-60) })).rejects.toThrow('deadline_passed');
    const late = await order(there, 500, { timeout_seconds: 1 });
    const stopped = await there.finished(late.job.id, 30_000);
    expect(stopped.stop_reason).toBe('deadline');
    expect(await api.stop(20_000)).toMatchObject({ code: 0 });
  });

  it.each(SIDES)('%s in an api: URLs of the store are good when they are given', async (_, by) => {
    const clock = newClock();
    clock.set(by);
    const api = await system.startApiBeside(clock.env);
    const there = new TestClient((api.ready as { url: string }).url, system.apiKey);
    const { bytes, name } = tinyImage(nextImage++);
    const set = await there.request<ImageSet>('POST', '/v1/image-sets', {});
    const upload = await there.request<Upload>('POST', `/v1/image-sets/${set.id}/uploads`, {
      name,
      bytes: bytes.length,
    });
    const md5 = createHash('md5').update(bytes).digest('base64');
    const { data } = await there.request<PartUrls>('POST', `/v1/uploads/${upload.id}/parts`, {
      parts: [{ n: 0, md5 }],
      direct: true,
    });
    const { url, method, headers } = data[0]!;
    const put = await fetch(url, { method, headers, body: Uint8Array.from(bytes) });
    expect([put.status, await put.text()]).toEqual([200, '']);
    await there.request('POST', `/v1/uploads/${upload.id}/complete`);
    expect(await api.stop(20_000)).toMatchObject({ code: 0 });
  });

  it.each(SIDES)('%s in a dispatcher: receivers take its signatures', async (_, by) => {
    await system.dispatcher.stop(20_000);
    const clock = newClock();
    clock.set(by);
    await system.startDispatcher(clock.env);
    const webhook = { url: `${hook}/0`, events: ['job.finished'] };
    const { files, job } = await order(client, 50, { webhook });
    if (job.webhook?.secret !== undefined) receiver.secrets.set('/0', job.webhook.secret);
    await expectAllWell(job.id, files);
    await expect.poll(() => [...receiver.faults, ...receiver.eventsOf.keys()]).toContain(job.id);
    expect(receiver.faults).toEqual([]);
  });
});
