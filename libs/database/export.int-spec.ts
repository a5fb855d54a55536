import { afterAll, beforeAll, expect, it } from 'vitest';
import { newUuid } from '#contracts';
import { usePostgres } from '#testing';
import {
  claimExport,
  createExport,
  Database,
  findExport,
  migrate,
  recordExportObject,
  renewExport,
} from './index.js';

const postgres = usePostgres();
const LEASE_MS = 60_000;
const ITEMS = 1_200;
let database: Database;

beforeAll(async () => {
  database = new Database(await postgres.createDatabase());
  await migrate(database);
});
afterAll(() => database?.close());

async function claimNew() {
  const [tenantId, setId, jobId] = [newUuid(), newUuid(), newUuid()];
  await database.query('INSERT INTO tenants (id, name) VALUES ($1::uuid, $1::text)', [tenantId]);
  await database.query(
    `INSERT INTO image_sets (id, tenant_id, state, accepted, metadata) VALUES ($1, $2, 'sealed', $3, '{}')`,
    [setId, tenantId, ITEMS],
  );
  await database.query(
    `INSERT INTO jobs (id, tenant_id, set_id, model, tasks, item_count, succeeded, state, lane, finished_at)
     VALUES ($1, $2, $3, 'default', '[]', $4, $4, 'completed', 'bulk', now())`,
    [jobId, tenantId, setId, ITEMS],
  );
  const id = newUuid();
  const bucket = { region: 'r', endpoint: null, credentials: 'sealed' };
  const order = { format: 'jsonl', partial: false, object: 's3://b/all.jsonl' } as const;
  await createExport(database, { id, tenantId, jobId, ...order, itemsTotal: ITEMS, bucket });
  const held = (await claimExport(database, LEASE_MS))!;
  expect(held.id).toBe(id);
  const read = async () => (await findExport(database, tenantId, id))!.itemsRead;
  const renew = (itemsRead: number) =>
    renewExport(database, held, { leaseMs: LEASE_MS, itemsRead });
  return { held, read, renew };
}

it('a heartbeat says how far an export is read, until its object is whole: then all of it is', async () => {
  const { held, read, renew } = await claimNew();
  await renew(1_000);
  expect(await read()).toBe(1_000);
  // Read anew from the beginning, as by a format that reads twice.
  await renew(3);
  expect(await read()).toBe(3);
  await recordExportObject(database, held, { bytes: 9, sha256: 'ab'.repeat(32), itemsRead: ITEMS });
  // One that was sent before; one of whoever only writes the manifest, which reads nothing.
  for (const late of [1_000, 0]) {
    expect(await renew(late)).toEqual({ cancelling: false });
    expect(await read()).toBe(ITEMS);
  }
});
