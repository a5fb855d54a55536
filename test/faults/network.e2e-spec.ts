import { createHash } from 'node:crypto';
import { setTimeout as lasting } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { imageKey } from '#contracts';
import { Database } from '#database';
import { openObjectStore, type ObjectStore } from '#storage';
import { useS3 } from '#testing';
import { checkJob } from '../rig/checker.js';
import { TestClient, type TestFile } from '../rig/client.js';
import type { FaultProxy } from '../rig/fault-proxy.js';
import { untilLeasesExpire } from '../rig/lease.js';
import { untilProgress } from '../rig/process.js';
import { seededRandom } from '../rig/random.js';
import { SHORT_TIMERS } from '../rig/short-timers.js';
import { System, type WorkerProcess } from '../rig/system.js';
import { tinyImage } from '../rig/tiny-image.js';
import { lessAnnounced, moreAnnounced, otherByte, shortened } from '../rig/wrong-reply.js';

const ITEMS = 600;
const ITEM_MS = 60;
/** As S3 says that it has too much to do. */
const SLOW_DOWN = [
  'HTTP/1.1 503 Slow Down',
  'content-type: application/xml',
  'content-length: 0',
  'connection: close',
  '\r\n',
].join('\r\n');

const s3 = useS3();
let system: System;
let client: TestClient;
let nextImage = 0;

beforeAll(async () => {
  system = await System.start({
    workers: 2,
    itemMs: ITEM_MS,
    storageUrl: s3.url('faults'),
    env: {
      ...SHORT_TIMERS,
      AWS_ACCESS_KEY_ID: s3.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: s3.credentials.secretAccessKey,
    },
  });
  client = new TestClient(system.url, system.apiKey);
});
afterAll(() => system?.stop());
beforeEach(() => healAll());

function healAll(): void {
  for (const { links } of [system.api, system.dispatcher, ...system.workers]) links.heal();
}

/** Pictures that no other test has, in a set. */
async function sendPictures(count = ITEMS) {
  const files = Array.from({ length: count }, () => tinyImage(nextImage++));
  const set = await client.createSet('network');
  await client.upload(set.id, files);
  return { files, start: () => client.createJob(set.id, [{ type: 'ocr' }]) };
}

/** A job under way. */
async function startJob(count = ITEMS) {
  const { files, start } = await sendPictures(count);
  const job = await start();
  await untilProgress(client, job.id, Math.floor(count / 10));
  return { files, job };
}

/** The job ends, and every promise has been kept. */
async function expectAllWell(jobId: string, files: readonly TestFile[]): Promise<void> {
  await client.finished(jobId, 120_000);
  const report = await checkJob(client, system.databaseUrl, jobId, files);
  expect(report.faults).toEqual([]);
  expect(report.job.item_counts).toMatchObject({ succeeded: files.length, failed: 0 });
}

/** Resolves when the faults of these proxies have struck so often. They must be such that nothing ends without. */
async function untilStruck(proxies: readonly FaultProxy[], times = 1): Promise<void> {
  while (proxies.reduce((sum, { strikes }) => sum + strikes, 0) < times) await lasting(20);
}

/** As somebody with access to the bucket might do it, or a disk that fails. */
async function harm(
  files: readonly TestFile[],
  how: (store: ObjectStore, key: string, file: TestFile) => Promise<void>,
): Promise<void> {
  const database = new Database(system.databaseUrl, { connections: 1 });
  const [tenant] = await database.query<{ id: string }>('SELECT id FROM tenants');
  await database.close();
  const store = openObjectStore(s3.url('faults'), s3.credentials);
  for (const file of files) {
    const sha256 = createHash('sha256').update(file.bytes).digest('hex');
    await how(store, imageKey(tenant!.id, sha256), file);
  }
  store.close();
}

const [first, second] = [0, 1].map((at) => (): WorkerProcess => [...system.workers][at]!);

describe('a worker without its database', () => {
  it('loses its shards to others, and commits none of what it did meanwhile', async () => {
    const { files, job } = await startJob();
    const { database } = first!().links;
    database.set({ kind: 'silence' });
    await untilLeasesExpire(system.databaseUrl, first!().pid);
    // The other one has all of it now; what the first one holds back reaches the database when it may speak again.
    await untilProgress(client, job.id, Math.floor(ITEMS / 2));
    database.heal();
    await expectAllWell(job.id, files);
  });

  it('is refused, waits, and goes on with what it has', async () => {
    const { files, job } = await startJob();
    for (const { links } of system.workers) links.database.set({ kind: 'refuse' });
    await lasting(1_000);
    for (const { links } of system.workers) links.database.heal();
    await expectAllWell(job.id, files);
  });

  it('gets no reply to commits that were made, and makes none of them twice', async () => {
    const { files, start } = await sendPictures();
    const databases = [first!().links.database, second!().links.database];
    for (const database of databases) {
      database.set({ kind: 'lose-reply', to: /INSERT INTO items/ });
    }
    const job = await start();
    await untilStruck(databases, 5);
    for (const database of databases) database.heal();
    await expectAllWell(job.id, files);
  });

  it('has one that answers after half a second, and keeps its leases', async () => {
    const { files, job } = await startJob(200);
    for (const { links } of system.workers) links.database.set({ kind: 'delay', ms: 250 });
    await expectAllWell(job.id, files);
  });
});

describe('a worker without its queue', () => {
  it.each(['silence', 'refuse'] as const)(
    '(%s) ends what it has, and others do the rest',
    async (kind) => {
      const { files, job } = await startJob();
      first!().links.queue.set({ kind });
      await expectAllWell(job.id, files);
      healAll();
      const after = await startJob(100);
      await expectAllWell(after.job.id, after.files);
    },
  );

  it('is one of a system whose queue nobody reaches: work goes on when it is back', async () => {
    const { files, job } = await startJob();
    const all = [system.api, system.dispatcher, ...system.workers];
    for (const { links } of all) links.queue.set({ kind: 'refuse' });
    const meanwhile = await client.createSet('while the queue is away');
    expect(meanwhile.state).toBe('open');
    await lasting(2_000);
    for (const { links } of all) links.queue.heal();
    await expectAllWell(job.id, files);
  });
});

describe('an object store', () => {
  it('that asks three times of ten for patience fails no image', async () => {
    const random = seededRandom(20);
    const { files, start } = await sendPictures();
    const stores = [first!().links.store!, second!().links.store!];
    for (const store of stores) {
      store.set({ kind: 'answer', reply: SLOW_DOWN, share: 0.3, random });
    }
    const job = await start();
    await expectAllWell(job.id, files);
    expect(stores[0]!.strikes + stores[1]!.strikes).toBeGreaterThan(0);
  });

  it('whose answers end in the middle is asked again: no part of a picture is looked at', async () => {
    const { files, start } = await sendPictures();
    const stores = [first!().links.store!, second!().links.store!];
    for (const store of stores) store.set({ kind: 'cut', afterBytes: 40 });
    const job = await start();
    await untilStruck(stores, 5);
    for (const store of stores) store.set({ kind: 'slices', bytes: 7 });
    await expectAllWell(job.id, files);
  });

  it.each([
    ['with another byte in it', { spoil: otherByte }],
    ['whose length is a lie', { spoil: lessAnnounced }],
    ['without its end', { spoil: shortened }],
    ['that is promised longer than it comes', { spoil: moreAnnounced, ends: true }],
  ] as const)('that hands out a picture %s is asked again', async (_, lie) => {
    const { files, start } = await sendPictures(100);
    const stores = [first!().links.store!, second!().links.store!];
    for (const store of stores) store.set({ kind: 'spoil', ...lie });
    const job = await start();
    await untilStruck(stores, 10);
    for (const store of stores) store.heal();
    await expectAllWell(job.id, files);
  });

  it('that does not answer is waited for', async () => {
    const { files, job } = await startJob();
    const stores = [first!().links.store!, second!().links.store!];
    for (const store of stores) store.set({ kind: 'silence' });
    await lasting(2_000);
    for (const store of stores) store.heal();
    await expectAllWell(job.id, files);
  });

  it('that has lost pictures, and spoilt others, costs those alone', async () => {
    const files = Array.from({ length: 60 }, () => tinyImage(nextImage++));
    const set = await client.createSet('lost pictures');
    await client.upload(set.id, files);
    const [lost, spoilt] = [files.slice(0, 20), files.slice(20, 30)];
    await harm(lost, (store, key) => store.remove(key));
    await harm(spoilt, (store, key, { bytes }) =>
      store.put(key, Buffer.from(bytes).fill(0, 60), { bytes: bytes.length }),
    );
    const codes = new Map([
      ...lost.map(({ name }) => [name, 'image.missing'] as const),
      ...spoilt.map(({ name }) => [name, 'image.damaged'] as const),
    ]);
    const job = await client.createJob(set.id, [{ type: 'ocr' }]);
    const done = await client.finished(job.id, 120_000);
    expect(done.item_counts).toMatchObject({ succeeded: 30, failed: 30 });
    for await (const item of client.results(job.id)) {
      expect(item.error?.code).toBe(codes.get(item.image.name));
    }
  });

  it('that took a picture and did not say so has it once, and the upload is good', async () => {
    const files = Array.from({ length: 50 }, () => tinyImage(nextImage++));
    const set = await client.createSet('lost replies');
    const store = system.api.links.store!;
    store.set({ kind: 'lose-reply', to: /^PUT / });
    const upload = client.upload(set.id, files);
    await untilStruck([store]);
    store.heal();
    expect((await upload).counts).toMatchObject({ accepted: 50, refused: 0 });
    const job = await client.createJob(set.id, [{ type: 'ocr' }]);
    await expectAllWell(job.id, files);
  });
});
