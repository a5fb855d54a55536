import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newUuid, NO_STORAGE_QUOTA } from '#contracts';
import { usePostgres } from '#testing';
import {
  claimCustomIds,
  claimShard,
  createImageSet,
  Database,
  findImagesByName,
  listCorrections,
  listResults,
  loseLease,
  migrate,
  recordFiles,
  type Queryable,
} from './index.js';
import { makeJob } from './pipeline-fixture.js';

const postgres = usePostgres();
const SMALL = 1_000;
const LARGE = 20_000;
let database: Database;

/** Statistics are from before all that follows, as those of a busy system are from before its last job. */
beforeAll(async () => {
  database = new Database(await postgres.createDatabase());
  await migrate(database);
  await openSet(300);
  await endedJob(300);
  await claimCustomIds(database, newUuid(), ids(0, 300));
  await database.query('ANALYZE');
});
afterAll(async () => {
  await database?.close();
});

const ids = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, at) => ({ customId: `id-${from + at}`, line: from + at }));

/** Images of one content, each under an id of its own. */
async function openSet(count: number) {
  const [tenantId, setId] = [newUuid(), newUuid()];
  await database.query('INSERT INTO tenants (id, name) VALUES ($1, $1::uuid::text)', [tenantId]);
  await createImageSet(database, { id: setId, tenantId, name: null, metadata: {} });
  await database.query(
    `INSERT INTO images (set_id, n, name, sha256, custom_id)
     SELECT $1, n, 'image-' || n, sha256('a'), 'id-' || n FROM generate_series(0, $2::int - 1) AS n`,
    [setId, count],
  );
  await database.query('UPDATE image_sets SET accepted = $2 WHERE id = $1', [setId, count]);
  return { tenantId, setId };
}

/** A job of which all but the last shard has ended. */
async function endedJob(count: number) {
  const { jobId } = await makeJob(database, count);
  const [shard] = await database.query<{ id: string; first: number; set_id: string }>(
    `UPDATE shards SET state = 'dispatched', generation = 1
     FROM jobs WHERE jobs.id = job_id AND shards.id = (SELECT max(id) FROM shards WHERE job_id = $1)
     RETURNING shards.id::text, lower(items) AS first, set_id`,
    [jobId],
  );
  await database.query(
    `INSERT INTO items (job_id, n, state, attempts) SELECT $1, n, 'succeeded', 1
     FROM generate_series(0, $2::int - 1) AS n`,
    [jobId, shard!.first],
  );
  return { jobId, setId: shard!.set_id, ticket: { shardId: shard!.id, generation: 1 } };
}

/** Rows that the server looked at for `work`, of all tables that grow. */
async function rowsRead(work: (tx: Queryable) => Promise<unknown>): Promise<number> {
  return database.transaction(async (tx) => {
    // A connection's figures hold what its transactions before this one have not told the server yet.
    const before = await rowsCounted(tx);
    await work(tx);
    return (await rowsCounted(tx)) - before;
  });
}

async function rowsCounted(tx: Queryable): Promise<number> {
  const [row] = await tx.query<{ read: number }>(
    `SELECT coalesce(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)), 0)::int AS read
     FROM pg_stat_xact_user_tables WHERE relname IN ('images', 'items', 'import_ids')`,
  );
  return row!.read;
}

describe('however large a set or a job is, as many rows are read', () => {
  it('to claim a shard', async () => {
    const claim = async (count: number) => {
      const { ticket } = await endedJob(count);
      return rowsRead(async (tx) => {
        const lease = await claimShard(tx, ticket, newUuid(), 60_000);
        expect(lease?.items.length).toBeGreaterThan(0);
      });
    };
    await claim(SMALL);
    expect(await claim(LARGE)).toBeLessThanOrEqual(600);
  });

  it('to take a shard apart whose lease was lost', async () => {
    const { ticket } = await endedJob(LARGE);
    const lease = (await claimShard(database, ticket, newUuid(), 60_000))!;
    const read = await rowsRead(async (tx) => {
      const inside = { transaction: (work: (tx: Queryable) => unknown) => work(tx) };
      expect(await loseLease(inside as Database, lease)).toBe(true);
    });
    expect(read).toBeLessThanOrEqual(300);
  });

  it('to add images to the set', async () => {
    const add = async (count: number) => {
      const { tenantId, setId } = await openSet(count);
      const accepted = Array.from({ length: 100 }, (_, at) => ({
        name: `image-${count + at}`,
        sha256: createHash('sha256').update('a').digest('hex'),
        bytes: 1,
        format: 'png',
        customId: `id-${count - 10 + at}`,
      }));
      const target = { tenantId, setId, imagesPerSet: 1_000_000, quota: NO_STORAGE_QUOTA };
      return rowsRead(async (tx) => {
        const { set } = await recordFiles(tx, target, { accepted, refused: [] });
        expect(set.accepted).toBe(count + 90);
      });
    };
    await add(SMALL);
    expect(await add(LARGE)).toBeLessThanOrEqual(300);
  });

  it('to see which custom ids a manifest had before', async () => {
    const importId = newUuid();
    await claimCustomIds(database, importId, ids(0, LARGE));
    const read = await rowsRead(async (tx) => {
      const known = await claimCustomIds(tx, importId, ids(LARGE - 10, LARGE + 90));
      expect(known.size).toBe(10);
    });
    expect(read).toBeLessThanOrEqual(100);
  });

  it('for a page of results', async () => {
    const { jobId, setId } = await endedJob(LARGE);
    const read = await rowsRead(async (tx) => {
      const page = await listResults(tx, { id: jobId, setId }, { limit: 100, after: 99 });
      expect(page.map(({ n }) => n)).toEqual(Array.from({ length: 100 }, (_, at) => 100 + at));
    });
    expect(read).toBeLessThanOrEqual(300);
  });

  it('for the images in it that are called so', async () => {
    const { jobId, setId } = await endedJob(LARGE);
    // Half of them have an id besides.
    await database.query(
      `UPDATE images SET custom_id = 'id-' || n WHERE set_id = $1 AND n % 2 = 0`,
      [setId],
    );
    const find = async (text: string, isWhole: boolean, after = -1) => {
      const called = { text, isWhole };
      const page = { limit: 5, after, called };
      let found: number[] = [];
      const read = await rowsRead(async (tx) => {
        found = (await listResults(tx, { id: jobId, setId }, page)).map(({ n }) => n);
      });
      return { found, read };
    };
    const exact = await find('image-1500', true);
    expect(exact.found).toEqual([1_500]);
    expect(exact.read).toBeLessThanOrEqual(10);
    expect((await find('id-1500', true)).found).toEqual([1_500]);
    const few = await find('id-150', false);
    expect(few.found).toEqual([150, 1_500, 1_502, 1_504, 1_506]);
    expect(few.read).toBeLessThanOrEqual(400);
    expect((await find('id-150', false, 1_506)).found[0]).toBe(1_508);
    // Not the whole of what begins so: a thousand of each kind, and their items.
    const many = await find('im', false);
    expect(many.found).toHaveLength(5);
    expect(many.read).toBeLessThanOrEqual(5_000);
    expect((await find('image-1503', false)).found[0]).toBe(1_503);
    expect((await find('image-1502', false)).found[0]).toBe(1_502);
    expect((await find('mage-', false)).found).toEqual([]);
    // Neither pattern nor escape.
    for (const text of ['%', '_d-1', 'id-1%', '\\', "i'd"]) {
      expect((await find(text, false)).found).toEqual([]);
    }
  });

  it('for the images in it that lines to train on name', async () => {
    const { setId } = await openSet(LARGE);
    // Half of them have no id.
    await database.query(`UPDATE images SET custom_id = NULL WHERE set_id = $1 AND n % 2 = 0`, [
      setId,
    ]);
    const read = await rowsRead(async (tx) => {
      const names = Array.from({ length: 10 }, (_, at) => `image-${at * 1_001}`);
      expect([...(await findImagesByName(tx, setId, names)).keys()].toSorted()).toEqual(
        names.toSorted(),
      );
    });
    expect(read).toBeLessThanOrEqual(30);
  });

  it('for the corrections in it', async () => {
    const { jobId, setId } = await endedJob(LARGE);
    await database.query(
      `INSERT INTO corrections (job_id, n, task, prompt, text, suffix)
       SELECT $1, n, 0, 'caption en', 'a', 'a' FROM generate_series(0, 9) AS n`,
      [jobId],
    );
    const read = await rowsRead(async (tx) => {
      expect(await listCorrections(tx, { id: jobId, setId }, { limit: 100 })).toHaveLength(10);
    });
    expect(read).toBeLessThanOrEqual(50);
  });

  it('for the few that failed in it, wherever they are', async () => {
    const { jobId, setId } = await endedJob(LARGE);
    const far = LARGE - 1_000;
    await database.query(
      `UPDATE items SET state = 'failed', error_code = 'image.undecodable' WHERE job_id = $1 AND n IN ($2, $2::int + 1)`,
      [jobId, far],
    );
    for (const which of [{ state: 'failed' as const }, { errorCode: 'image.undecodable' }]) {
      const read = await rowsRead(async (tx) => {
        const page = await listResults(tx, { id: jobId, setId }, { limit: 4, ...which });
        expect(page.map(({ n }) => n)).toEqual([far, far + 1]);
      });
      expect(read).toBeLessThanOrEqual(20);
    }
  });
});
