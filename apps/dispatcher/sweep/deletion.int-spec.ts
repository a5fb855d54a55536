import { createHash, randomUUID } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { imageKey, newUuid, NO_STORAGE_QUOTA } from '#contracts';
import {
  createImageSet,
  Database,
  deleteImages,
  deleteImageSet,
  findImageSet,
  lookForBlob,
  migrate,
  recordFiles,
  recordKnown,
  removeBytes,
  sweepDeletedSet,
  type SeenBlob,
} from '#database';
import { openObjectStore, type ObjectStore } from '#storage';
import { makeTemporaryDirectory, removeDirectory, usePostgres } from '#testing';
import { sweepDeleted } from './sweep-deleted.js';

const postgres = usePostgres();
let database: Database;
let store: ObjectStore;
let directory: string;
let tenantId: string;

beforeAll(async () => {
  directory = await makeTemporaryDirectory();
  database = new Database(await postgres.createDatabase());
  await migrate(database);
  store = openObjectStore(pathToFileURL(directory).href);
});
beforeEach(async () => {
  tenantId = newUuid();
  await database.query('INSERT INTO tenants (id, name) VALUES ($1, $2)', [tenantId, tenantId]);
});
afterAll(async () => {
  await database?.close();
  await removeDirectory(directory);
});

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

async function openSet(): Promise<string> {
  const setId = newUuid();
  await createImageSet(database, { id: setId, tenantId, name: 'mine', metadata: { a: 'b' } });
  return setId;
}

/** The first half of an upload: bytes into the store, unless they are there. */
async function bring(content: string): Promise<SeenBlob> {
  const { leaving, ...seen } = await lookForBlob(database, tenantId, sha256(content));
  if (leaving) throw new Error('still leaving');
  const bytes = Buffer.from(content);
  if (!seen.stored) {
    await store.put(imageKey(tenantId, sha256(content)), bytes, { bytes: bytes.byteLength });
  }
  return seen;
}

/** The second half: rows. */
const record = (setId: string, content: string, seen: SeenBlob, name = content) =>
  database.transaction((tx) =>
    recordFiles(
      tx,
      { tenantId, setId, imagesPerSet: 100, quota: NO_STORAGE_QUOTA },
      {
        accepted: [{ name, sha256: sha256(content), bytes: content.length, format: 'png', seen }],
        refused: [],
      },
    ),
  );
const add = async (setId: string, content: string, name = content) =>
  record(setId, content, await bring(content), name);

const remove = (setId: string) => database.transaction((tx) => deleteImageSet(tx, tenantId, setId));
const isStored = async (content: string): Promise<boolean> =>
  (await store.stat(imageKey(tenantId, sha256(content)))) !== undefined;

async function addJob(setId: string, state: string): Promise<void> {
  await database.query(`UPDATE image_sets SET state = 'sealed' WHERE id = $1`, [setId]);
  await database.query(
    `INSERT INTO jobs (id, tenant_id, set_id, model, tasks, lane, state, item_count)
     VALUES ($1, $2, $3, 'm', '[]', 'bulk', $4, 1)`,
    [newUuid(), tenantId, setId, state],
  );
}

describe('a deleted set', () => {
  it('is found no more, and takes the bytes along that no other set has', async () => {
    const [one, two] = [await openSet(), await openSet()];
    await add(one, 'shared');
    await add(one, 'own');
    await add(two, 'shared', 'by another name');
    await remove(one);
    expect(await findImageSet(database, tenantId, one)).toBeUndefined();
    expect(await isStored('own')).toBe(true);
    await sweepDeleted(database, store);
    expect([await isStored('own'), await isStored('shared')]).toEqual([false, true]);
    const rows = await database.query('SELECT 1 FROM images WHERE set_id = $1', [one]);
    expect(rows).toEqual([]);
    await remove(two);
    await sweepDeleted(database, store);
    expect(await isStored('shared')).toBe(false);
    await expect(add(one, 'more')).rejects.toMatchObject({ code: 'set.not_found' });
  });

  it('of one tenant leaves the same picture of another alone', async () => {
    const mine = await openSet();
    await add(mine, 'same');
    const me = tenantId;
    tenantId = newUuid();
    await database.query('INSERT INTO tenants (id, name) VALUES ($1, $2)', [tenantId, tenantId]);
    const theirs = await openSet();
    await add(theirs, 'same');
    await remove(theirs);
    await sweepDeleted(database, store);
    expect(await isStored('same')).toBe(false);
    tenantId = me;
    expect(await isStored('same')).toBe(true);
  });

  it('keeps names and hashes for results of jobs, and nothing else', async () => {
    const setId = await openSet();
    await add(setId, 'asked about');
    await addJob(setId, 'completed');
    await remove(setId);
    await sweepDeleted(database, store);
    expect(await isStored('asked about')).toBe(false);
    const rows = await database.query('SELECT name FROM images WHERE set_id = $1', [setId]);
    expect(rows).toEqual([{ name: 'asked about' }]);
    const [set] = await database.query('SELECT name, metadata FROM image_sets WHERE id = $1', [
      setId,
    ]);
    expect(set).toEqual({ name: null, metadata: {} });
    expect(await database.query('SELECT 1 FROM set_deletions')).toEqual([]);
  });

  it.each(['queued', 'running', 'paused', 'cancelling'])(
    'is refused while a job over it is %s',
    async (state) => {
      const setId = await openSet();
      await add(setId, randomUUID());
      await addJob(setId, state);
      await expect(remove(setId)).rejects.toMatchObject({ code: 'set.in_use' });
      expect(await findImageSet(database, tenantId, setId)).toBeDefined();
    },
  );

  it('gives its last copy up only when nobody holds it', async () => {
    const [one, two] = [await openSet(), await openSet()];
    await add(one, 'held');
    await remove(one);
    let sweeping: Promise<unknown> | undefined;
    await database.transaction(async (tx) => {
      const image = { name: 'x', sha256: sha256('held') };
      const target = { tenantId, setId: two, imagesPerSet: 9, quota: NO_STORAGE_QUOTA };
      await recordKnown(tx, target, [image]);
      // It waits for the row that this transaction holds, and then sees the image.
      sweeping = sweepDeletedSet(database);
      await expect.poll(waitingForLocks).toBe(1);
    });
    await sweeping;
    await sweepDeleted(database, store);
    expect(await isStored('held')).toBe(true);
  });
});

const waitingForLocks = async (): Promise<number> => {
  const rows = await database.query(
    `SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
  );
  return rows.length;
};

describe('a picture that is sent again while its last copy is deleted', () => {
  it.each([
    ['seen as stored, and removed before its row came', true],
    ['brought anew, while another copy came and went', false],
  ])('is never a row without bytes: %s', async (_, stored) => {
    const [first, second] = [await openSet(), await openSet()];
    const content = `again ${stored}`;
    if (stored) await add(first, content);
    const seen = await bring(content);
    expect(seen.stored).toBe(stored);
    if (!stored) await add(first, content);
    await remove(first);
    await sweepDeleted(database, store);
    await expect(record(second, content, seen)).rejects.toMatchObject({
      code: 'upload.content_removed',
      retryable: true,
    });
    await add(second, content);
    expect(await isStored(content)).toBe(true);
  });

  it('waits until the bytes have left the store', async () => {
    const first = await openSet();
    await add(first, 'leaving');
    await remove(first);
    await sweepDeletedSet(database);
    const look = () => lookForBlob(database, tenantId, sha256('leaving'));
    expect(await look()).toMatchObject({ stored: false, leaving: true });
    const broken = removeBytes(database, async () => {
      throw new Error('the store is away');
    });
    await expect(broken).rejects.toThrow('away');
    expect(await look()).toMatchObject({ stored: false, leaving: true });
    await sweepDeleted(database, store);
    expect(await look()).toMatchObject({ stored: false, leaving: false });
  });
});

describe('images that are taken out of an open set', () => {
  it('leave numbers without gaps, and their bytes where others have them', async () => {
    const name = fc.constantFrom('a', 'b', 'c', 'd');
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.record({ name, content: name }), {
          minLength: 1,
          maxLength: 9,
          selector: (image) => image.name + image.content,
        }),
        fc.record({ name: fc.option(name, { nil: undefined }), content: name }),
        async (images, choice) => {
          const setId = await openSet();
          const salt = randomUUID();
          for (const image of images) await add(setId, salt + image.content, image.name);
          const by = { name: choice.name, sha256: sha256(salt + choice.content) };
          const { set, deleted } = await database.transaction((tx) =>
            deleteImages(tx, { tenantId, setId }, by),
          );
          const left = images.filter(
            (image) =>
              image.content !== choice.content || (choice.name ?? image.name) !== image.name,
          );
          expect(deleted).toBe(images.length - left.length);
          expect(set).toMatchObject({ accepted: left.length, bytes: left.length * 37 });
          const rows = await database.query<{ n: number; name: string; sha256: string }>(
            `SELECT n, name, encode(sha256, 'hex') AS sha256 FROM images WHERE set_id = $1 ORDER BY n`,
            [setId],
          );
          expect(rows.map(({ n }) => n)).toEqual(left.map((_, n) => n));
          const identities = rows.map((row) => row.name + row.sha256).toSorted();
          const expected = left.map((one) => one.name + sha256(salt + one.content)).toSorted();
          expect(identities).toEqual(expected);
          await sweepDeleted(database, store);
          for (const { content } of images) {
            const isLeft = left.some((image) => image.content === content);
            expect(await isStored(salt + content)).toBe(isLeft);
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  it('are none of a sealed set', async () => {
    const setId = await openSet();
    await add(setId, 'sealed in');
    await database.query(`UPDATE image_sets SET state = 'sealed' WHERE id = $1`, [setId]);
    const taken = database.transaction((tx) =>
      deleteImages(tx, { tenantId, setId }, { name: 'sealed in' }),
    );
    await expect(taken).rejects.toMatchObject({ code: 'set.sealed' });
  });
});
