import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { loadDispatcherConfig, type ImportLimits } from '#config';
import { newUuid, NO_STORAGE_QUOTA } from '#contracts';
import {
  addFoundRows,
  claimChunks,
  commitRows,
  createImageSet,
  createImport,
  Database,
  endImport,
  findImport,
  finishListing,
  listRefusedFiles,
  migrate,
  releaseChunk,
  type ImportRow,
} from '#database';
import { openImageGuard } from '#intake';
import { SecretBox } from '#secrets';
import { openObjectStore, type ObjectStore } from '#storage';
import { createLogger } from '#telemetry';
import { makeTemporaryDirectory, removeDirectory, usePostgres } from '#testing';
import { Importer } from './importer.js';
import { MOST_PASSES, pauseBeforeNext } from './retry-plan.js';

const postgres = usePostgres();
let database: Database;
let directory: string;
let store: ObjectStore;
const servers: Server[] = [];
const importers: Importer[] = [];

beforeAll(async () => {
  database = new Database(await postgres.createDatabase());
  await migrate(database);
  directory = await makeTemporaryDirectory();
  store = openObjectStore(new URL(`file://${directory}`).href);
});
afterAll(async () => {
  await database?.close();
  await removeDirectory(directory);
});
afterEach(async () => {
  await Promise.all(importers.splice(0).map((one) => one.stop()));
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
  await database.query('DELETE FROM import_chunks');
});

/** Enough of a PNG for its format to be told. */
const png = (text: string): Buffer =>
  Buffer.concat([Buffer.from('\x89PNG\r\n\x1A\n', 'latin1'), Buffer.from(text.padEnd(64, '.'))]);
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  server.listen(0, '0.0.0.0');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const { imports: LIMITS } = loadDispatcherConfig({
  DATABASE_URL: 'postgres://x/y',
  QUEUE_URL: 'redis://x',
  STORAGE_URL: 'file:///x',
  IMPORT_RETRY_MS: '1',
});

function importer(limits: Partial<ImportLimits> = {}, quota = NO_STORAGE_QUOTA): Importer {
  const guard = openImageGuard('127.0.0.0/8');
  const log = createLogger('dispatcher', 'silent');
  const secrets = new SecretBox(undefined);
  const all = { ...LIMITS, ...limits };
  const one = new Importer({ database, store, guard, log, secrets, limits: all, quota });
  importers.push(one);
  return one;
}

/** Steps until nothing is due and nothing in hand; rows to be tried again are due after a millisecond. */
async function runToEnd(one: Importer, id: string): Promise<void> {
  while ((await progress(id)).state === 'fetching') {
    await one.step();
    await one.idle();
  }
}

async function setup(chunks: readonly (readonly ImportRow[])[], tenantId = newUuid()) {
  await database.query(
    'INSERT INTO tenants (id, name) VALUES ($1::uuid, $1::text) ON CONFLICT DO NOTHING',
    [tenantId],
  );
  const setId = newUuid();
  const id = newUuid();
  await createImageSet(database, { id: setId, tenantId, name: null, metadata: {} });
  await createImport(database, { id, tenantId, setId, name: null, source: 'manifest' });
  const target = { importId: id, tenantId, setId, imagesPerSet: 10_000 };
  for (const rows of chunks) {
    const found = { rows, refused: [], lineErrors: [] };
    await database.transaction((tx) => addFoundRows(tx, target, found));
  }
  await finishListing(database, id);
  return { id, tenantId, setId };
}

let tenants = new Map<string, string>();
async function progress(id: string) {
  const [row] = await database.query<{ tenant_id: string }>(
    'SELECT tenant_id FROM imports WHERE id = $1',
    [id],
  );
  tenants.set(id, row!.tenant_id);
  const record = await findImport(database, tenants.get(id)!, id);
  const { state, found, accepted, duplicate, refused, error } = record!;
  return { state, counts: [found, accepted, duplicate, refused], error: error?.code };
}

const images = (setId: string) =>
  database.query<{ n: number; name: string; hex: string; custom_id: string | null }>(
    `SELECT n, name, encode(sha256, 'hex') AS hex, custom_id FROM images WHERE set_id = $1 ORDER BY name`,
    [setId],
  );

async function refusals(setId: string): Promise<Record<string, string>> {
  const files = await listRefusedFiles(database, setId, { limit: 1_000 });
  return Object.fromEntries(files.map((file) => [file.name, file.code]));
}

describe('an import', () => {
  it('brings every image it names, with a reason for each that it cannot', async () => {
    const url = await serve((request, response) => {
      const path = request.url ?? '';
      if (path.startsWith('/gone')) response.writeHead(404).end();
      else if (path.startsWith('/moved')) response.writeHead(302, { location: '/same' }).end();
      else if (path.startsWith('/inside')) {
        response.writeHead(302, { location: 'http://169.254.169.254/' }).end();
      } else if (path.startsWith('/text')) response.end('I am no picture');
      else if (path.startsWith('/large')) response.end(Buffer.alloc(3_000));
      else response.end(png(path.startsWith('/same') ? 'same' : path));
    });
    const names = ['a', 'b', 'same', 'moved', 'gone', 'inside', 'text', 'large', 'a'];
    const row = (name: string, line: number): ImportRow => ({ line, name, url: `${url}/${name}` });
    const metadata = { camera: '7' };
    const { id, setId, tenantId } = await setup([
      names.map(row),
      [{ ...row('c', 99), customId: 'mine', metadata, tasks: [{ type: 'ocr' }] }],
    ]);
    await runToEnd(importer({ imageBytes: 2_000 }), id);
    expect(await progress(id)).toEqual({
      state: 'completed',
      counts: [10, 5, 1, 4],
      error: undefined,
    });
    expect((await images(setId)).map(({ name, hex }) => [name, hex])).toEqual([
      ['a', sha256(png('/a'))],
      ['b', sha256(png('/b'))],
      ['c', sha256(png('/c'))],
      ['moved', sha256(png('same'))],
      ['same', sha256(png('same'))],
    ]);
    expect(await refusals(setId)).toEqual({
      gone: 'fetch.not_found',
      inside: 'outgoing.forbidden_address',
      text: 'image.text',
      large: 'image.too_large',
    });
    const [mine] = await database.query(
      `SELECT custom_id, metadata, tasks FROM images WHERE set_id = $1 AND name = 'c'`,
      [setId],
    );
    expect(mine).toEqual({ custom_id: 'mine', metadata, tasks: [{ type: 'ocr' }] });
    const bytes = await store.read(`t/${tenantId}/images/${sha256(png('same'))}`, 1_000);
    expect(Buffer.from(bytes)).toEqual(png('same'));
    expect(await database.query('SELECT 1 FROM import_chunks')).toEqual([]);
  });

  it('of images that the tenant has sent before asks nobody for them', async () => {
    let asked = 0;
    const url = await serve((_, response) => {
      asked += 1;
      response.end(png('known'));
    });
    const first = await setup([[{ name: 'a', url: `${url}/a` }]]);
    const one = importer();
    await runToEnd(one, first.id);
    const known = sha256(png('known'));
    const rows: ImportRow[] = [
      ...Array.from({ length: 600 }, (_, n) => ({ name: `${n}`, customId: `${n}`, sha256: known })),
      { name: 'never sent', sha256: 'ab'.repeat(32) },
    ];
    const second = await setup([rows], first.tenantId);
    await runToEnd(one, second.id);
    expect(await progress(second.id)).toMatchObject({ counts: [601, 600, 0, 1] });
    expect(await refusals(second.setId)).toEqual({ 'never sent': 'manifest.unknown_sha256' });
    const stranger = await setup([[{ name: 'x', sha256: known }]]);
    await runToEnd(one, stranger.id);
    expect(await refusals(stranger.setId)).toEqual({ x: 'manifest.unknown_sha256' });
    expect(asked).toBe(1);
  });

  it('keeps the image that a set has under a custom id, and says that the other is another', async () => {
    const url = await serve((request, response) => response.end(png(request.url ?? '')));
    const { id, setId } = await setup([
      [{ name: 'a', url: `${url}/a`, customId: 'x' }],
      [{ name: 'b', url: `${url}/b`, customId: 'x' }],
      [{ name: 'c', url: `${url}/a`, customId: 'x' }],
    ]);
    const one = importer({ chunks: 1 });
    await runToEnd(one, id);
    expect(await progress(id)).toMatchObject({ state: 'completed', counts: [3, 1, 1, 1] });
    expect(await refusals(setId)).toEqual({ b: 'manifest.custom_id_taken' });
  });

  it('asks again for what passes, and gives up after the last pass', async () => {
    const asked = new Map<string, number>();
    const url = await serve((request, response) => {
      const path = request.url ?? '';
      asked.set(path, (asked.get(path) ?? 0) + 1);
      if (path === '/late' && asked.get(path)! > 2) response.end(png('late'));
      else response.writeHead(503).end();
    });
    const { id, setId } = await setup([
      [
        { name: 'late', url: `${url}/late` },
        { name: 'never', url: `${url}/never` },
      ],
    ]);
    await runToEnd(importer(), id);
    expect(await progress(id)).toMatchObject({ state: 'completed', counts: [2, 1, 0, 1] });
    expect(await refusals(setId)).toEqual({ never: 'fetch.not_now' });
    expect([asked.get('/late'), asked.get('/never')]).toEqual([3, MOST_PASSES]);
  });

  it('leaves a host alone that fails again and again, and the others are fetched', async () => {
    let failures = 0;
    const url = await serve((request, response) => {
      if (request.headers.host?.startsWith('127.0.0.2')) {
        failures += 1;
        response.writeHead(500).end();
      } else response.end(png(request.url ?? ''));
    });
    const away = url.replace('127.0.0.1', '127.0.0.2');
    const rows = Array.from({ length: 100 }, (_, n) => [
      { name: `bad ${n}`, url: `${away}/${n}` },
      { name: `good ${n}`, url: `${url}/${n}` },
    ]).flat();
    const { id } = await setup([rows]);
    const one = importer({ inFlightPerHost: 4, retryMs: 60_000 });
    await one.step();
    await one.idle();
    expect(await progress(id)).toMatchObject({ state: 'fetching', counts: [200, 100, 0, 0] });
    expect(failures).toBeLessThan(20);
    await endImport(database, id, { state: 'cancelled' });
  });

  it('asks a host for no more at once than it should', async () => {
    const open = new Map<string, (() => void)[]>();
    const most = new Map<string, number>();
    // Two of a host are answered together: fewer at once would never end.
    const url = await serve((request, response) => {
      const host = request.headers.host ?? '';
      const waiting = open.get(host) ?? [];
      waiting.push(() => response.end(png(`${host}${request.url}`)));
      open.set(host, waiting);
      most.set(host, Math.max(most.get(host) ?? 0, waiting.length));
      if (waiting.length < 2) return;
      setImmediate(() => {
        for (const answer of waiting.splice(0)) answer();
      });
    });
    const rows = Array.from({ length: 120 }, (_, n) => ({
      name: `${n}`,
      url: `${url.replace('0.1', `0.${(n % 3) + 1}`)}/${n}`,
    }));
    const { id } = await setup([rows.slice(0, 60), rows.slice(60)]);
    await runToEnd(importer({ inFlight: 5, inFlightPerHost: 2 }), id);
    expect(await progress(id)).toMatchObject({ counts: [120, 120, 0, 0] });
    expect([...most.values()]).toHaveLength(3);
    expect(Math.max(...most.values())).toBe(2);
  });
});

describe('an importer that is gone', () => {
  it('leaves its chunk to the next one, without what it had recorded', async () => {
    const asked = new Map<string, number>();
    const holding: (() => void)[] = [];
    let isHeld = true;
    const url = await serve((request, response) => {
      const path = request.url ?? '';
      asked.set(path, (asked.get(path) ?? 0) + 1);
      const answer = (): void => void response.end(png(path));
      if (isHeld && Number(path.slice(1)) >= 256) holding.push(answer);
      else answer();
    });
    const rows = Array.from({ length: 300 }, (_, n) => ({ name: `${n}`, url: `${url}/${n}` }));
    const { id, setId, tenantId } = await setup([rows]);
    // It is never heard of again: its heartbeat comes after everything here.
    const dead = importer({ leaseMs: 600_000, heartbeatMs: 300_000, inFlightPerHost: 64 });
    await dead.step();
    await expect.poll(() => progress(id)).toMatchObject({ counts: [300, 256, 0, 0] });
    await database.query(
      `UPDATE import_chunks SET due_at = now(), lease_until = now() WHERE import_id = $1`,
      [id],
    );
    isHeld = false;
    await runToEnd(importer(), id);
    expect(await progress(id)).toMatchObject({ state: 'completed', counts: [300, 300, 0, 0] });
    expect((await images(setId)).length).toBe(300);
    for (let n = 0; n < 256; n++) expect(asked.get(`/${n}`)).toBe(1);
    // It wakes, and is not heard.
    for (const answer of holding) answer();
    await dead.idle();
    expect(await progress(id)).toMatchObject({ state: 'completed', counts: [300, 300, 0, 0] });
    const late = { importId: id, n: 1, fence: 1 };
    const ended = {
      accepted: [],
      known: [],
      refused: [{ name: 'x', code: 'x', detail: 'x' }],
      left: [],
    };
    const target = { tenantId, setId, imagesPerSet: 10, quota: NO_STORAGE_QUOTA };
    expect(await commitRows(database, late, target, ended)).toBe(false);
    expect(await refusals(setId)).toEqual({});
  });

  it('because it was told to stop has recorded what it had and gives back the rest at once', async () => {
    const waiting: (() => void)[] = [];
    const url = await serve((request, response) => {
      if (Number(request.url?.slice(1)) < 10) response.end(png(request.url ?? ''));
      else waiting.push(() => response.end());
    });
    const rows = Array.from({ length: 30 }, (_, n) => ({ name: `${n}`, url: `${url}/${n}` }));
    const { id } = await setup([rows]);
    // The last ten are asked for when the first ten have ended: an answer that was only sent may not have been read.
    const one = importer({ inFlightPerHost: 20 });
    await one.step();
    await expect.poll(() => waiting.length).toBe(20);
    await one.stop();
    expect(await progress(id)).toMatchObject({ state: 'fetching', counts: [30, 10, 0, 0] });
    const [chunk] = await claimChunks(database, { total: 10, leaseMs: 1_000 });
    expect([chunk?.rows.length, chunk?.attempts]).toEqual([20, 0]);
  });
});

describe('chunks', () => {
  it('come first to the tenant that has fewest in hand', async () => {
    const chunk = [[{ name: 'x', sha256: 'ab'.repeat(32) }]];
    const large = await setup(Array.from({ length: 9 }, () => chunk[0]!));
    const claim = async (total: number) =>
      (await claimChunks(database, { total, leaseMs: 60_000 })).map(({ tenantId }) => tenantId);
    expect(await claim(4)).toEqual(Array.from({ length: 4 }, () => large.tenantId));
    const small = await setup(chunk);
    expect(await claim(1)).toEqual([small.tenantId]);
    expect(await claim(9)).toEqual(Array.from({ length: 5 }, () => large.tenantId));
    expect(await claim(9)).toEqual([]);
  });

  it('of an import that has ended are nobody’s', async () => {
    const rows = [
      [{ name: 'x', sha256: 'ab'.repeat(32) }],
      [{ name: 'y', sha256: 'ab'.repeat(32) }],
    ];
    const { id, setId, tenantId } = await setup(rows);
    const [held] = await claimChunks(database, { total: 1, leaseMs: 60_000 });
    expect(await endImport(database, id, { state: 'cancelled' })).toBe(true);
    expect(await endImport(database, id, { state: 'cancelled' })).toBe(false);
    expect(await claimChunks(database, { total: 9, leaseMs: 60_000 })).toEqual([]);
    const ended = { accepted: [], known: [], refused: [], left: [] };
    const target = { tenantId, setId, imagesPerSet: 10, quota: NO_STORAGE_QUOTA };
    expect(await commitRows(database, held!, target, ended)).toBe(false);
    await releaseChunk(database, held!, { afterMs: 0, countsAs: 0 });
    expect(await progress(id)).toMatchObject({ state: 'cancelled', counts: [2, 0, 0, 0] });
  });

  it('of a set that takes no more end the import with the reason', async () => {
    const url = await serve((request, response) => response.end(png(request.url ?? '')));
    const rows = Array.from({ length: 5 }, (_, n) => ({ name: `${n}`, url: `${url}/${n}` }));
    const { id } = await setup([rows]);
    await runToEnd(importer({ imagesPerSet: 4 }), id);
    expect(await progress(id)).toMatchObject({ state: 'failed', error: 'set.full' });
  });
});

describe('rows above the quota of their tenant', () => {
  it('are refused one by one, and the others are brought', async () => {
    const url = await serve((request, response) => response.end(png(request.url ?? '')));
    const [known, unknown] = ['ab'.repeat(32), 'cd'.repeat(32)];
    const rows = [
      ...Array.from({ length: 3 }, (_, n) => ({ name: `${n}`, url: `${url}/quota-${n}` })),
      { name: 'known', sha256: known },
      { name: 'unknown', sha256: unknown },
    ];
    const { id, setId, tenantId } = await setup([rows]);
    const insert = `INSERT INTO blobs VALUES ($1, decode($2, 'hex'), 7, 'png')`;
    await database.query(insert, [tenantId, known]);
    await runToEnd(importer({}, { ...NO_STORAGE_QUOTA, images: 2 }), id);
    expect(await progress(id)).toMatchObject({ state: 'completed', counts: [5, 2, 0, 3] });
    const refused = await refusals(setId);
    expect(Object.values(refused).toSorted().at(0)).toBe('manifest.unknown_sha256');
    const surplus = Object.values(refused).filter((code) => code === 'quota.images');
    expect([(await images(setId)).length, surplus.length]).toEqual([2, 2]);
    const tooLarge = await setup([rows.slice(0, 3)]);
    await runToEnd(importer({}, { ...NO_STORAGE_QUOTA, storedBytes: 1 }), tooLarge.id);
    const codes = Object.values(await refusals(tooLarge.setId));
    expect(codes).toEqual(Array.from({ length: 3 }, () => 'quota.stored_bytes'));
  });
});

describe('the pause before the next pass', () => {
  it('grows, is longer when a server asks for it, and never longer than an hour', () => {
    const pauses = [1, 2, 3, 4].map((n) => pauseBeforeNext(n, [], { retryMs: 5_000, random: 0 }));
    expect(pauses).toEqual([5_000, 25_000, 125_000, 625_000]);
    const asked = (retryAfterMs: number) => [
      Object.assign(Object.create(null), { context: { retryAfterMs } }),
    ];
    expect(pauseBeforeNext(1, asked(60_000), { retryMs: 5_000, random: 1 })).toBe(60_000);
    expect(pauseBeforeNext(1, asked(1e9), { retryMs: 5_000, random: 0 })).toBe(3_600_000);
  });
});
