import { createHash, randomBytes } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { loadDispatcherConfig } from '#config';
import { imageKey, newUuid, NO_STORAGE_QUOTA, uploadPartKey, uploadPrefix } from '#contracts';
import {
  announceParts,
  claimUpload,
  createImageSet,
  createUpload,
  Database,
  endUpload,
  findImageSet,
  findUpload,
  listRefusedFiles,
  markUploadAborted,
  markUploadComplete,
  migrate,
  yieldUpload,
} from '#database';
import { openObjectStore, type ObjectStore } from '#storage';
import { createLogger } from '#telemetry';
import { makeTemporaryDirectory, removeDirectory, usePostgres } from '#testing';
import { craftZip } from '../../../libs/intake/archive/zip-fixture.js';
import { sweepUploads } from '../sweep/sweep-uploads.js';
import { Assembler } from './assembler.js';

const PART = 65_536;
const postgres = usePostgres();
let database: Database;
let store: ObjectStore;
let directory: string;
let assembler: Assembler;

beforeAll(async () => {
  directory = await makeTemporaryDirectory();
  const databaseUrl = await postgres.createDatabase();
  database = new Database(databaseUrl);
  await migrate(database);
  store = openObjectStore(pathToFileURL(directory).href);
  assembler = open(store);
});
afterEach(async () => {
  await assembler.idle();
  await database.query('DELETE FROM uploads');
});
afterAll(async () => {
  await assembler?.stop();
  await database?.close();
  await removeDirectory(directory);
});

function open(objects: ObjectStore): Assembler {
  const env = { DATABASE_URL: 'postgres://x', QUEUE_URL: 'redis://x', STORAGE_URL: 'file:///x' };
  const { limits } = loadDispatcherConfig({ ...env, MAX_IMAGE_BYTES: '1000000' });
  const log = createLogger('dispatcher', 'silent');
  const timing = { leaseMs: 20_000, heartbeatMs: 5_000 };
  return new Assembler({ database, store: objects, limits, quota: NO_STORAGE_QUOTA, log, timing });
}

const png = (bytes: number): Buffer =>
  Buffer.concat([Buffer.from('\x89PNG\r\n\x1A\n', 'latin1'), randomBytes(bytes)]);
const hash = (algorithm: string, bytes: Buffer): Buffer =>
  createHash(algorithm).update(bytes).digest();
const sha256 = (bytes: Buffer): string => hash('sha256', bytes).toString('hex');

/** An upload whose parts are all there, and said to be. */
async function complete(content: Buffer, more: { name?: string; sha256?: string } = {}) {
  const [tenantId, setId, id] = [newUuid(), newUuid(), newUuid()];
  await database.query('INSERT INTO tenants (id, name) VALUES ($1, $2)', [tenantId, tenantId]);
  await createImageSet(database, { id: setId, tenantId, name: null, metadata: {} });
  await createUpload(database, {
    id,
    tenantId,
    setId,
    name: more.name ?? 'a.png',
    bytes: content.byteLength,
    partBytes: PART,
    sha256: more.sha256,
    secret: randomBytes(32),
    lifetimeMs: 3_600_000,
  });
  const count = Math.ceil(content.byteLength / PART);
  const parts = Array.from({ length: count }, (_, n) => content.subarray(n * PART, (n + 1) * PART));
  const announced = parts.map((part, n) => ({ n, md5: hash('md5', part).toString('base64') }));
  await announceParts(database, id, announced, { lifetimeMs: 3_600_000, urlMs: 1 });
  for (const [n, part] of parts.entries()) {
    await store.put(uploadPartKey(tenantId, id, n), part, { bytes: part.byteLength });
  }
  await markUploadComplete(database, id);
  return {
    tenantId,
    setId,
    id,
    state: async () => (await findUpload(database, tenantId, id))!,
    set: async () => (await findImageSet(database, tenantId, setId))!,
    keys: async () => {
      const keys: string[] = [];
      for await (const { key } of store.list(uploadPrefix(tenantId, id))) keys.push(key);
      return keys;
    },
  };
}

async function assemble(by = assembler): Promise<void> {
  await by.step();
  await by.idle();
}

describe('an upload that is complete', () => {
  it('becomes an image of its set, and its parts go', async () => {
    const content = png(PART * 3 - 1_000);
    const upload = await complete(content, { sha256: sha256(content) });
    await assemble();
    expect(await upload.state()).toMatchObject({
      state: 'done',
      counts: { accepted: 1, duplicate: 0, refused: 0 },
      error: null,
    });
    expect(await upload.set()).toMatchObject({ accepted: 1, bytes: content.byteLength });
    const stored = await store.read(imageKey(upload.tenantId, sha256(content)), 1_000_000);
    expect(content.equals(stored)).toBe(true);
    expect(await upload.keys()).toHaveLength(3);
    await sweepUploads(database, store);
    expect(await upload.keys()).toEqual([]);
  });

  it('that is an archive becomes its pictures, with a reason for each other file', async () => {
    const zip = craftZip([
      { name: 'a.png', bytes: png(100_000), method: 0 },
      { name: 'b/c.png', bytes: png(500) },
      { name: 'note.txt', bytes: Buffer.from('hello') },
      { name: '../up.png', bytes: png(10) },
    ]);
    const upload = await complete(zip, { name: 'all.zip', sha256: sha256(zip) });
    await assemble();
    const counts = { accepted: 2, duplicate: 0, refused: 2 };
    expect(await upload.state()).toMatchObject({ state: 'done', counts });
    const refused = await listRefusedFiles(database, upload.setId, { limit: 9 });
    expect(refused.map(({ name, code }) => [name, code])).toEqual([
      ['note.txt', 'image.text'],
      ['../up.png', 'zip.unsafe_name'],
    ]);
  });

  it('that is no picture, or too large a one, is done, and refused by name', async () => {
    for (const [content, code] of [
      [Buffer.from('only text, whatever its name'), 'image.text'],
      [png(1_000_001), 'image.too_large'],
    ] as const) {
      const upload = await complete(content, { name: 'x.png' });
      await assemble();
      const counts = { accepted: 0, duplicate: 0, refused: 1 };
      expect(await upload.state()).toMatchObject({ state: 'done', counts });
      const refused = await listRefusedFiles(database, upload.setId, { limit: 9 });
      expect(refused.map((file) => [file.name, file.code])).toEqual([['x.png', code]]);
    }
  });

  it('of another hash than announced adds nothing, and says so', async () => {
    const zip = craftZip([{ name: 'a.png', bytes: png(9) }]);
    for (const content of [png(100), zip]) {
      const upload = await complete(content, { sha256: sha256(png(1)) });
      await assemble();
      expect(await upload.state()).toMatchObject({
        state: 'failed',
        error: { code: 'upload.wrong_sha256' },
      });
      expect(await upload.set()).toMatchObject({ accepted: 0, refused: 0 });
    }
  });

  it.each([
    ['is not what was announced', Buffer.alloc(PART)],
    ['is too short', Buffer.alloc(PART - 1)],
    ['is gone', undefined],
  ])('of which a part %s is open again, for that part alone', async (_, other) => {
    const content = png(PART * 2);
    const upload = await complete(content);
    const key = uploadPartKey(upload.tenantId, upload.id, 1);
    if (other === undefined) await store.remove(key);
    else await store.put(key, other, { bytes: other.byteLength });
    await assemble();
    expect(await upload.state()).toMatchObject({
      state: 'open',
      error: { code: 'upload.part_damaged', detail: expect.stringContaining('Part 1 ') },
    });
    expect(await upload.keys()).not.toContain(key);
    expect(await upload.keys()).toHaveLength(2);
    expect(await upload.set()).toMatchObject({ accepted: 0 });
    await store.put(key, content.subarray(PART, PART * 2), { bytes: PART });
    await markUploadComplete(database, upload.id);
    await assemble();
    expect(await upload.state()).toMatchObject({ error: null });
  });

  it('into a set that was sealed in the meantime fails with that reason', async () => {
    const upload = await complete(png(100));
    await database.query(`UPDATE image_sets SET state = 'sealed' WHERE id = $1`, [upload.setId]);
    await assemble();
    expect(await upload.state()).toMatchObject({ state: 'failed', error: { code: 'set.sealed' } });
  });
});

describe('an assembler', () => {
  it('that died is followed by another; one that wakes ends nothing', async () => {
    const content = png(100);
    const upload = await complete(content);
    const dead = (await claimUpload(database, 1))!;
    await database.query(`UPDATE uploads SET lease_until = now() - interval '1 s'`);
    await assemble();
    expect(await upload.state()).toMatchObject({ state: 'done' });
    const late = { counts: { accepted: 9, duplicate: 9, refused: 9 } };
    expect(await endUpload(database, dead, late)).toBe(false);
    expect(await upload.state()).toMatchObject({ counts: { accepted: 1 } });
  });

  it('gives an upload up that has ended three of them', async () => {
    const upload = await complete(png(100));
    for (let n = 0; n < 3; n += 1) {
      const claimed = (await claimUpload(database, 20_000))!;
      expect(claimed.losses).toBe(n);
      await database.query(`UPDATE uploads SET lease_until = now() - interval '1 s'`);
    }
    await assemble();
    const error = { code: 'upload.crashed' };
    expect(await upload.state()).toMatchObject({ state: 'failed', error });
  });

  it('tries again after trouble of the store, which is no fault of the upload', async () => {
    const upload = await complete(png(100));
    const away = openObjectStore('s3://b?endpoint=http%3A%2F%2F127.0.0.1%3A9&forcePathStyle=true', {
      accessKeyId: 'a',
      secretAccessKey: 'b',
    });
    const blind = open(away);
    await assemble(blind);
    await blind.stop();
    expect(await upload.state()).toMatchObject({ state: 'assembling' });
    expect(await claimUpload(database, 1)).toBeUndefined();
    await database.query('UPDATE uploads SET ready_at = now()');
    const claimed = (await claimUpload(database, 20_000))!;
    expect(claimed.losses).toBe(0);
    await yieldUpload(database, claimed, { afterMs: 0, stumbled: false });
    await assemble();
    expect(await upload.state()).toMatchObject({ state: 'done' });
  });
});

describe('parts of uploads', () => {
  it('go when their owner gives it up or forgets it, and come late to no avail', async () => {
    for (const end of ['aborted', 'expired'] as const) {
      const upload = await complete(png(PART + 9));
      await database.query(`UPDATE uploads SET state = 'open' WHERE id = $1`, [upload.id]);
      await sweepUploads(database, store);
      expect(await upload.keys()).toHaveLength(2);
      if (end === 'aborted') await markUploadAborted(database, upload.id);
      else await database.query(`UPDATE uploads SET expires_at = now() WHERE id = $1`, [upload.id]);
      await database.query(`UPDATE uploads SET urls_until = now() + interval '1 hour'`);
      await sweepUploads(database, store);
      expect(await upload.state()).toMatchObject({ state: end });
      expect(await upload.keys()).toEqual([]);
      // A URL was still good: what came by it goes as well, an hour after the last moment.
      await store.put(uploadPartKey(upload.tenantId, upload.id, 0), png(1), { bytes: 9 });
      await sweepUploads(database, store);
      expect(await upload.keys()).toHaveLength(1);
      await database.query(
        `UPDATE uploads SET urls_until = now() - interval '1 h', sweep_at = now() - interval '1 s'`,
      );
      await sweepUploads(database, store);
      expect(await upload.keys()).toEqual([]);
      const rows = await database.query(`SELECT sweep_at FROM uploads WHERE id = $1`, [upload.id]);
      expect(rows).toEqual([{ sweep_at: null }]);
    }
  });
});
