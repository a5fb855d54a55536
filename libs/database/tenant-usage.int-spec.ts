import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppError, newUuid, NO_STORAGE_QUOTA, type StorageQuota } from '#contracts';
import { usePostgres } from '#testing';
import {
  abandonBlob,
  chargeImageSet,
  claimBatch,
  createBatch,
  createImageSet,
  Database,
  deleteFile,
  deleteImages,
  deleteImageSet,
  findBatch,
  listBatchRefusals,
  lookForBlob,
  migrate,
  readUsage,
  recordBatchChunk,
  recordFile,
  recordFiles,
  recordKnown,
  removeBytes,
  sweepDeletedSet,
  type AcceptedFile,
  type RecordedFile,
} from './index.js';

const postgres = usePostgres();
const QUOTA: StorageQuota = { storedBytes: 60, images: 14, imageSets: 4 };
/** Contents `0` to `9`; each weighs one more than its number. */
const CONTENTS = 10;
let database: Database;

beforeAll(async () => {
  database = new Database(await postgres.createDatabase(), { connections: 12 });
  await migrate(database);
});
afterAll(async () => {
  await database?.close();
});

const hex = (content: number): string => createHash('sha256').update(`${content}`).digest('hex');
const file = (content: number, name: string): AcceptedFile => ({
  name,
  sha256: hex(content),
  bytes: content + 1,
  format: 'png',
});

const content = fc.nat(CONTENTS - 1);
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constantFrom('add' as const, 'known' as const),
      set: fc.nat(9),
      contents: fc.array(content, { minLength: 1, maxLength: 6 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'set' as const,
        'drop images' as const,
        'drop set' as const,
        'sweep' as const,
        'file' as const,
        'drop file' as const,
        'abandon' as const,
      ),
      set: fc.nat(9),
      contents: fc.tuple(content),
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** A tenant, and what its clients do at the same time. */
class Tenant {
  readonly id = newUuid();
  readonly #sets: string[] = [];
  readonly #files: string[] = [];

  constructor(private readonly quota: StorageQuota = QUOTA) {}

  async make(): Promise<this> {
    await database.query('INSERT INTO tenants (id, name) VALUES ($1, $1::uuid::text)', [this.id]);
    await this.addSet();
    return this;
  }

  async addSet(): Promise<string> {
    const id = newUuid();
    await database.transaction(async (tx) => {
      await createImageSet(tx, { id, tenantId: this.id, name: null, metadata: {} });
      await chargeImageSet(tx, this.id, this.quota);
    });
    this.#sets.push(id);
    return id;
  }

  async add(setId: string, files: readonly AcceptedFile[]): Promise<readonly RecordedFile[]> {
    const accepted: AcceptedFile[] = [];
    for (const one of files) {
      const { leaving, stored, at } = await lookForBlob(database, this.id, one.sha256);
      if (!leaving) accepted.push({ ...one, seen: { stored, at } });
    }
    return (
      await database.transaction((tx) =>
        recordFiles(tx, this.#target(setId), { accepted, refused: [] }),
      )
    ).accepted;
  }

  async addFile(bytes: number): Promise<string> {
    const id = newUuid();
    const stored = { id, name: 'f', purpose: 'batch' as const, bytes, sha256: hex(bytes) };
    await database.transaction((tx) => recordFile(tx, this.id, stored, this.quota));
    this.#files.push(id);
    return id;
  }

  /** Refusals are what they may be; anything else is thrown, a deadlock too. */
  async run({ kind, set, contents }: Step): Promise<void> {
    const setId = this.#sets[set % this.#sets.length]!;
    const target = { tenantId: this.id, setId };
    const [first = 0] = contents;
    try {
      if (kind === 'add')
        await this.add(
          setId,
          contents.map((one, at) => file(one, `${one}${at}`)),
        );
      else if (kind === 'known') {
        const named = contents.map((one) => ({ name: `k${one}`, sha256: hex(one) }));
        await database.transaction((tx) => recordKnown(tx, this.#target(setId), named));
      } else if (kind === 'set') await this.addSet();
      else if (kind === 'drop images') {
        await database.transaction((tx) => deleteImages(tx, target, { sha256: hex(first) }));
      } else if (kind === 'drop set') {
        await database.transaction((tx) => deleteImageSet(tx, this.id, setId));
      } else if (kind === 'sweep') await sweep();
      else if (kind === 'file') await this.addFile(first + 1);
      else if (kind === 'abandon') await abandonBlob(database, this.id, file(first, 'x'));
      else await this.#dropFile();
    } catch (error) {
      if (!(error instanceof AppError && PASSING.test(error.code))) throw error;
    }
    await this.expectWithinQuota();
  }

  async #dropFile(): Promise<void> {
    const id = this.#files.pop();
    if (id !== undefined) await database.transaction((tx) => deleteFile(tx, this.id, id));
  }

  /** Of what is committed: whoever looks at any moment sees usage and rows agree, and no more than the quota. */
  async expectWithinQuota(): Promise<void> {
    const { usage, rows } = await this.counted();
    expect(usage).toEqual(rows);
    expect(rows.bytes).toBeLessThanOrEqual(this.quota.storedBytes);
    expect(rows.images).toBeLessThanOrEqual(this.quota.images);
    expect(rows.imageSets).toBeLessThanOrEqual(this.quota.imageSets);
  }

  /** In one statement, so of one moment. */
  async counted() {
    const [row] = await database.query<Record<'usage' | 'rows', Record<string, number>>>(
      `SELECT (SELECT json_build_object('bytes', bytes, 'images', images, 'imageSets', image_sets)
               FROM tenant_usage WHERE tenant_id = $1) AS usage,
              json_build_object(
                'bytes', (SELECT coalesce(sum(bytes), 0) FROM blobs WHERE tenant_id = $1)
                  + (SELECT coalesce(sum(bytes), 0) FROM files WHERE tenant_id = $1 AND deleted_at IS NULL),
                'images', (SELECT count(*) FROM images JOIN image_sets s ON s.id = set_id
                           WHERE s.tenant_id = $1 AND deleted_at IS NULL),
                'imageSets', (SELECT count(*) FROM image_sets WHERE tenant_id = $1 AND deleted_at IS NULL)
              ) AS rows`,
      [this.id],
    );
    return row as { usage: typeof ZERO; rows: typeof ZERO };
  }

  async dropAll(): Promise<void> {
    for (const id of this.#sets) {
      await database.transaction((tx) => deleteImageSet(tx, this.id, id));
    }
    while (this.#files.length > 0) await this.#dropFile();
    await sweep();
  }

  #target(setId: string) {
    return { tenantId: this.id, setId, imagesPerSet: 100, quota: this.quota };
  }
}

const ZERO = { bytes: 0, images: 0, imageSets: 0 };
const PASSING = /^(quota\.|set\.not_found$|upload\.content_removed$)/;

async function sweep(): Promise<void> {
  while (await sweepDeletedSet(database)) {
    // Until nothing is left to let go of.
  }
  await removeBytes(database, () => Promise.resolve());
}

const codes = (rows: readonly RecordedFile[]) =>
  rows.map((row) => ('refused' in row ? row.refused.code : row.duplicate ? 'duplicate' : row.n));

describe('what a tenant keeps', () => {
  it('is what its rows say and within its quota, at any moment of any order of adds and deletions', async () => {
    const lanes = fc.array(fc.array(step, { minLength: 2, maxLength: 8 }), {
      minLength: 2,
      maxLength: 6,
    });
    await fc.assert(
      fc.asyncProperty(lanes, async (all) => {
        const tenant = await new Tenant().make();
        const runs = all.map(async (steps) => {
          for (const one of steps) await tenant.run(one);
        });
        await Promise.all(runs);
        await tenant.dropAll();
        expect(await tenant.counted()).toEqual({ usage: ZERO, rows: ZERO });
      }),
      { numRuns: 25 },
    );
  });

  it('has each content once, and is refused file by file beyond its bytes', async () => {
    const tenant = await new Tenant({ ...NO_STORAGE_QUOTA, storedBytes: 20 }).make();
    const set = await tenant.addSet();
    // 10 bytes, the same once more, 9 bytes; then 8 that do not fit, twice, 1 that does, and what is there already.
    const files = [file(9, 'a'), file(9, 'b'), file(8, 'c')];
    const more = [file(7, 'd'), file(7, 'd'), file(0, 'e'), file(9, 'f'), file(9, 'a')];
    expect(codes(await tenant.add(set, files))).toEqual([0, 1, 2]);
    expect(codes(await tenant.add(set, more))).toEqual([
      'quota.stored_bytes',
      'quota.stored_bytes',
      3,
      4,
      'duplicate',
    ]);
    expect(await readUsage(database, tenant.id)).toEqual({ bytes: 20, images: 5, imageSets: 2 });
    const [refused] = await database.query<{ name: string; detail: string }>(
      'SELECT name, detail FROM refused_files WHERE set_id = $1',
      [set],
    );
    expect(refused).toEqual({
      name: 'd',
      detail: expect.stringMatching(/20 bytes; 19 are stored.*add 8\. Delete.*MAX_STORED_BYTES/),
    });
    const [left] = await database.query<{ accepted: number; refused: number; bytes: string }>(
      'SELECT accepted, refused, bytes FROM image_sets WHERE id = $1',
      [set],
    );
    expect(left).toEqual({ accepted: 5, refused: 1, bytes: '40' });
    const { leaving } = await lookForBlob(database, tenant.id, hex(7));
    expect(leaving).toBe(true);
  });

  it('has as many images and sets as it may, and no more', async () => {
    const tenant = await new Tenant({ ...NO_STORAGE_QUOTA, images: 3, imageSets: 2 }).make();
    const set = await tenant.addSet();
    await expect(tenant.addSet()).rejects.toMatchObject({ code: 'quota.image_sets' });
    const files = [0, 1, 0, 2].map((one, at) => file(one, `${at}`));
    expect(codes(await tenant.add(set, files))).toEqual([0, 1, 2, 'quota.images']);
    await sweep();
    expect(codes(await tenant.add(set, files))).toEqual([
      'duplicate',
      'duplicate',
      'duplicate',
      'quota.images',
    ]);
    expect(await readUsage(database, tenant.id)).toEqual({ bytes: 3, images: 3, imageSets: 2 });
    await database.transaction((tx) =>
      deleteImages(tx, { tenantId: tenant.id, setId: set }, { name: '1' }),
    );
    await sweep();
    expect(codes(await tenant.add(set, files.slice(3)))).toEqual([2]);
  });

  it('has no room for a request of a batch: that request is refused, and the others go on', async () => {
    const quota = { ...NO_STORAGE_QUOTA, images: 1 };
    const tenant = await new Tenant(quota).make();
    const [id, setId] = [newUuid(), await tenant.addSet()];
    const order = { endpoint: '/v1/chat/completions' as const, completionWindow: '24h' };
    const inputFile = await tenant.addFile(5);
    const batch = { ...order, id, tenantId: tenant.id, inputFile, setId, metadata: {} };
    await createBatch(database, { ...batch, windowHours: 24 });
    const held = (await claimBatch(database, 60_000))!;
    const requests = [1, 2].map((line) => {
      const { name: customId, sha256, bytes, format } = file(line, `request ${line}`);
      return { line, customId, sha256, bytes, format, task: { type: 'ocr' as const } };
    });
    const rest = { refusals: [], faults: [], model: 'm', readBytes: 9, readLines: 2 };
    const limits = { imagesPerSet: 100, quota };
    const faults = await database.transaction((tx) =>
      recordBatchChunk(tx, held, { requests, ...rest }, limits),
    );
    expect(faults).toBe(0);
    expect(await findBatch(database, tenant.id, id)).toMatchObject({ requests: 2, refused: 1 });
    expect(await listBatchRefusals(database, id, { after: 0, limit: 9 })).toMatchObject([
      { line: 2, customId: 'request 2', code: 'quota.images' },
    ]);
    await tenant.expectWithinQuota();
  });

  it('is counted for those that were there before anybody counted', async () => {
    const tenant = await new Tenant(NO_STORAGE_QUOTA).make();
    await tenant.add(await tenant.addSet(), [file(4, 'a'), file(4, 'b')]);
    await tenant.addFile(7);
    const before = await tenant.counted();
    await database.transaction(async (tx) => {
      await tx.query('DROP TABLE tenant_usage');
      await tx.query('DROP FUNCTION begin_usage CASCADE');
      await tx.query(`DELETE FROM migrations WHERE name LIKE '000025%'`);
    });
    await migrate(database);
    expect(await tenant.counted()).toEqual(before);
    expect(before.usage).toEqual({ bytes: 12, images: 2, imageSets: 2 });
  });
});
