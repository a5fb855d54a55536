import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadDispatcherConfig } from '#config';
import { newUuid, NO_STORAGE_QUOTA } from '#contracts';
import {
  claimCustomIds,
  claimListing,
  createImageSet,
  createImport,
  Database,
  findImport,
  migrate,
  recordListedPage,
  setImportBucket,
} from '#database';
import { openImageGuard } from '#intake';
import { newSecretsKey, SecretBox } from '#secrets';
import { openObjectStore, type ObjectStore } from '#storage';
import { createLogger } from '#telemetry';
import { makeTemporaryDirectory, removeDirectory, usePostgres, useS3 } from '#testing';
import { BucketLister } from './bucket-lister.js';
import type { ImportParts } from './import-parts.js';
import { Importer } from './importer.js';

const postgres = usePostgres();
const s3 = useS3();
let database: Database;
let directory: string;
let store: ObjectStore;
let client: S3Client;
const secrets = new SecretBox(newSecretsKey());
const BUCKET = 'customer';
const importers: Importer[] = [];

beforeAll(async () => {
  database = new Database(await postgres.createDatabase());
  await migrate(database);
  directory = await makeTemporaryDirectory();
  store = openObjectStore(new URL(`file://${directory}`).href);
  client = new S3Client({
    region: 'us-east-1',
    endpoint: s3.endpoint(),
    forcePathStyle: true,
    credentials: s3.credentials,
  });
  await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
});
afterAll(async () => {
  await Promise.all(importers.map((one) => one.stop()));
  client?.destroy();
  await database?.close();
  await removeDirectory(directory);
});

const png = (text: string): Buffer =>
  Buffer.concat([Buffer.from('\x89PNG\r\n\x1A\n', 'latin1'), Buffer.from(text.padEnd(64, '.'))]);
const put = (Key: string, Body: Buffer) =>
  client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body }));

const { imports: LIMITS } = loadDispatcherConfig({
  DATABASE_URL: 'postgres://x/y',
  QUEUE_URL: 'redis://x',
  STORAGE_URL: 'file:///x',
  IMPORT_RETRY_MS: '1',
});

function parts(more: Partial<ImportParts> = {}): ImportParts {
  const guard = openImageGuard('127.0.0.0/8');
  const log = createLogger('dispatcher', 'silent');
  return { database, store, guard, log, secrets, limits: LIMITS, quota: NO_STORAGE_QUOTA, ...more };
}

function importer(over: ImportParts): Importer {
  const one = new Importer(over);
  importers.push(one);
  return one;
}

interface Bucket {
  readonly endpoint?: string;
  readonly place?: string;
  readonly isManifest?: boolean;
}

async function setup(uri: string, bucket: Bucket = {}) {
  const tenantId = newUuid();
  const setId = newUuid();
  const id = newUuid();
  await database.query('INSERT INTO tenants (id, name) VALUES ($1::uuid, $1::text)', [tenantId]);
  await createImageSet(database, { id: setId, tenantId, name: null, metadata: {} });
  await createImport(database, { id, tenantId, setId, name: null, source: 'bucket' });
  const place = bucket.place ?? `import ${id}`;
  await setImportBucket(database, id, {
    uri,
    region: 'us-east-1',
    endpoint: bucket.endpoint ?? s3.endpoint(),
    credentials: secrets.seal(JSON.stringify(s3.credentials), place),
    isManifest: bucket.isManifest,
  });
  const progress = async () => {
    const record = await findImport(database, tenantId, id);
    const { state, found, accepted, duplicate, refused, error } = record!;
    return { state, counts: [found, accepted, duplicate, refused], error: error?.code };
  };
  const kept = async () => {
    const [row] = await database.query<{ bucket: Record<string, unknown> }>(
      'SELECT bucket FROM imports WHERE id = $1',
      [id],
    );
    return row!.bucket;
  };
  return { id, setId, tenantId, progress, kept };
}

describe('an import from a bucket', () => {
  it('brings the objects that its pattern names, and forgets the credentials', async () => {
    await put('photos/a.png', png('a'));
    await put('photos/2024/b.png', png('b'));
    await put('photos/2024/c.txt', Buffer.from('no'));
    await put('photos/odd name é+.png', png('odd'));
    await put('photos/text.png', Buffer.from('I am no picture'));
    await put('photos/large.png', Buffer.alloc(3_000));
    await put('other/d.png', png('d'));
    const { progress, setId, kept } = await setup(`s3://${BUCKET}/photos/**/*.png`);
    const over = parts({ limits: { ...LIMITS, imageBytes: 2_000 } });
    const lister = new BucketLister(over);
    expect(await lister.step()).toBe(true);
    expect(await progress()).toMatchObject({ state: 'fetching', counts: [5, 0, 0, 0] });
    expect(await kept()).toHaveProperty('credentials');
    expect(await lister.step()).toBe(false);
    const one = importer(over);
    await one.step();
    await one.idle();
    expect(await progress()).toMatchObject({ state: 'completed', counts: [5, 3, 0, 2] });
    const rows = await database.query<{ name: string }>(
      'SELECT name FROM images WHERE set_id = $1 ORDER BY name',
      [setId],
    );
    const names = ['photos/2024/b.png', 'photos/a.png', 'photos/odd name é+.png'];
    expect(rows.map(({ name }) => name)).toEqual(names);
    expect(await kept()).not.toHaveProperty('credentials');
  });

  it('of many pages goes on where another lister died, which is not heard when it wakes', async () => {
    const many = Array.from({ length: 1_250 }, (_, n) => `many/${String(n).padStart(5, '0')}.png`);
    for (let at = 0; at < many.length; at += 50) {
      await Promise.all(many.slice(at, at + 50).map((key) => put(key, png('same'))));
    }
    const { id, progress } = await setup(`s3://${BUCKET}/many/`);
    const dead = await claimListing(database, 60_000);
    expect(dead).toMatchObject({ id, cursor: null });
    expect(await new BucketLister(parts()).step()).toBe(false);
    await database.query('UPDATE imports SET list_due_at = now() WHERE id = $1', [id]);
    expect(await new BucketLister(parts()).step()).toBe(true);
    expect(await progress()).toMatchObject({ state: 'listing', counts: [1_000, 0, 0, 0] });
    const found = { rows: [{ key: 'x', name: 'x' }], refused: [], lineErrors: [] };
    const late = { chunks: [found], cursor: 'x', isLast: true };
    expect(await database.transaction((tx) => recordListedPage(tx, dead!, late, 9))).toBe(false);
    const next = new BucketLister(parts());
    while (await next.step());
    expect(await progress()).toMatchObject({ state: 'fetching', counts: [1_250, 0, 0, 0] });
    const keys = await database.query<{ key: string }>(
      `SELECT DISTINCT jsonb_array_elements(rows) ->> 'key' AS key FROM import_chunks
       WHERE import_id = $1 ORDER BY key`,
      [id],
    );
    expect(keys.map(({ key }) => key)).toEqual(many);
    await database.query('DELETE FROM import_chunks WHERE import_id = $1', [id]);
  });

  it('of nothing is completed', async () => {
    const { progress } = await setup(`s3://${BUCKET}/nothing/`);
    await new BucketLister(parts()).step();
    expect(await progress()).toMatchObject({ state: 'completed', counts: [0, 0, 0, 0] });
  });

  interface Fault {
    readonly bucket?: string;
    readonly endpoint?: string;
    readonly place?: string;
  }

  it.each<[string, Fault, string]>([
    ['that is not there', { bucket: 'missing' }, 'bucket.missing'],
    [
      'at an address that is not public',
      { endpoint: 'http://169.254.169.254' },
      'outgoing.forbidden_address',
    ],
    [
      'at a name that leads to none',
      { endpoint: 'https://localhost' },
      'outgoing.forbidden_address',
    ],
    ['with credentials of another import', { place: 'import of somebody' }, 'secrets.unreadable'],
  ])('from one %s fails with the reason', async (_, { bucket = BUCKET, ...more }, code) => {
    const { progress, kept } = await setup(`s3://${bucket}/x/`, more);
    const guard = openImageGuard(more.endpoint === undefined ? '127.0.0.0/8' : '');
    await new BucketLister(parts({ guard })).step();
    expect(await progress()).toMatchObject({ state: 'failed', error: code });
    expect(await kept()).not.toHaveProperty('credentials');
  });

  it('from one that does not answer is tried again, some times', async () => {
    const { id, progress } = await setup(`s3://${BUCKET}/x/`, {
      endpoint: 'http://127.0.0.1:1',
    });
    const lister = new BucketLister(parts());
    for (let n = 0; n < 7; n++) {
      expect(await lister.step()).toBe(true);
      expect(await progress()).toMatchObject({ state: 'listing' });
      expect(await lister.step()).toBe(false);
      await database.query('UPDATE imports SET list_due_at = now() WHERE id = $1', [id]);
    }
    await lister.step();
    expect(await progress()).toMatchObject({ state: 'failed', error: 'bucket.unavailable' });
  });
});

describe('a manifest in a bucket', () => {
  const isManifest = true;
  const dueNow = (id: string) =>
    database.query('UPDATE imports SET list_due_at = now() WHERE id = $1', [id]);

  it('brings what its lines name, with their ids, and says which lines it could not use', async () => {
    await put('listed/a.png', png('listed a'));
    await put('listed/b.png', png('listed b'));
    const lines = [
      { key: 'listed/a.png', custom_id: 'a', metadata: { camera: '7' } },
      { 'source-ref': `s3://${BUCKET}/listed/b.png`, custom_id: 'b', name: 'other.png' },
      { 'source-ref': 's3://elsewhere/c.png' },
      { key: 'listed/a.png', custom_id: 'b' },
      { key: 'listed/none.png' },
    ];
    const text = lines.map((line) => JSON.stringify(line)).join('\n');
    await put('lists/all.jsonl', Buffer.from(`${text}\nno json\n`));
    const { id, progress, setId, tenantId, kept } = await setup(`s3://${BUCKET}/lists/all.jsonl`, {
      isManifest,
    });
    expect(await new BucketLister(parts()).step()).toBe(true);
    expect(await progress()).toMatchObject({ state: 'fetching', counts: [6, 0, 0, 3] });
    const { lineErrors } = (await findImport(database, tenantId, id))!;
    expect(lineErrors.map(({ line, code }) => `${line} ${code}`)).toEqual([
      '3 manifest.other_bucket',
      '4 manifest.duplicate_custom_id',
      '6 manifest.invalid_line',
    ]);
    const one = importer(parts());
    await one.step();
    await one.idle();
    expect(await progress()).toMatchObject({ state: 'completed', counts: [6, 2, 0, 4] });
    expect(await kept()).not.toHaveProperty('credentials');
    const rows = await database.query(
      'SELECT name, custom_id, metadata FROM images WHERE set_id = $1 ORDER BY custom_id',
      [setId],
    );
    expect(rows).toMatchObject([
      { name: 'listed/a.png', custom_id: 'a', metadata: { camera: '7' } },
      { name: 'other.png', custom_id: 'b' },
    ]);
    const ids = await database.query('SELECT 1 FROM import_ids WHERE import_id = $1', [id]);
    expect(ids).toEqual([]);
  });

  it('is read page by page, and gone on with where a lister died, each line once', async () => {
    const count = 23;
    const lines = Array.from({ length: count }, (_, n) =>
      JSON.stringify({ key: `é ${n}.png`, custom_id: `${n}`, metadata: { n: 'x'.repeat(n * 9) } }),
    );
    await put('lists/pages.jsonl', Buffer.from(lines.join('\n')));
    const { id, progress } = await setup(`s3://${BUCKET}/lists/pages.jsonl`, { isManifest });
    const lister = new BucketLister(parts(), 5);
    expect(await lister.step()).toBe(true);
    expect(await progress()).toMatchObject({ state: 'listing', counts: [5, 0, 0, 0] });
    const dead = (await claimListing(database, 60_000))!;
    // It had read them, and was killed before it could record them.
    await claimCustomIds(
      database,
      id,
      [5, 6].map((n) => ({ customId: `${n}`, line: n + 1 })),
    );
    await dueNow(id);
    while (await lister.step());
    expect(await progress()).toMatchObject({ state: 'fetching', counts: [count, 0, 0, 0] });
    const late = { chunks: [], cursor: dead.cursor, isLast: true };
    expect(await database.transaction((tx) => recordListedPage(tx, dead, late, 9))).toBe(false);
    const keys = await database.query<{ key: string }>(
      `SELECT row ->> 'key' AS key FROM import_chunks, jsonb_array_elements(rows) AS row
       WHERE import_id = $1 ORDER BY (row ->> 'line')::int`,
      [id],
    );
    expect(keys.map(({ key }) => key)).toEqual(lines.map((_, n) => `é ${n}.png`));
    await database.query('DELETE FROM import_chunks WHERE import_id = $1', [id]);
  });

  it.each([
    ['that is not there', 'lists/none.jsonl', 'manifest.missing'],
    ['in a bucket that is not there', undefined, 'bucket.missing'],
  ])('%s fails with the reason', async (_, key, code) => {
    const uri = key === undefined ? 's3://missing/a.jsonl' : `s3://${BUCKET}/${key}`;
    const { progress } = await setup(uri, { isManifest });
    await new BucketLister(parts()).step();
    expect(await progress()).toMatchObject({ state: 'failed', error: code });
  });

  it('whose pages end with it, or that is empty, is completed', async () => {
    await put('lists/even.jsonl', Buffer.from('\n\n'));
    await put('lists/empty.jsonl', Buffer.alloc(0));
    for (const name of ['even', 'empty']) {
      const { progress } = await setup(`s3://${BUCKET}/lists/${name}.jsonl`, { isManifest });
      const lister = new BucketLister(parts(), 1);
      while (await lister.step());
      expect(await progress()).toMatchObject({ state: 'completed', counts: [0, 0, 0, 0] });
    }
  });
});
