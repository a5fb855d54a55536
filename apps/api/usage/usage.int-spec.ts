import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { imageKey } from '#contracts';
import { removeBytes, sweepDeletedSet } from '#database';
import { usePostgres } from '#testing';
import { craftZip } from '../../../libs/intake/archive/zip-fixture.js';
import { endItems } from '../jobs/job-fixture.js';
import { useApi } from '../spec-rig.js';

const STORED_BYTES = 3_000;
const IMAGES = 5;

const rig = useApi(usePostgres(), {
  MAX_STORED_BYTES: `${STORED_BYTES}`,
  MAX_STORED_IMAGES: `${IMAGES}`,
  MAX_IMAGE_SETS: '3',
});
beforeAll(async () => {
  await rig.serveModel('default');
});

/** Enough of a PNG for its format to be told. */
const png = (bytes: number): Buffer =>
  Buffer.concat([Buffer.from('\x89PNG\r\n\x1A\n', 'latin1'), randomBytes(bytes - 8)]);

type File = readonly [name: string, bytes: Buffer];

/** Input: files of a form, and its fields. Output: what `inject` sends. */
async function formOf(files: readonly File[], fields: Record<string, string> = {}) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  const field = 'purpose' in fields ? 'file' : 'image';
  for (const [name, bytes] of files) form.append(field, new Blob([new Uint8Array(bytes)]), name);
  const response = new Response(form);
  return {
    payload: Buffer.from(await response.arrayBuffer()),
    headers: { 'content-type': response.headers.get('content-type')! },
  };
}

async function setup() {
  const { tenantId, headers } = await rig.createTenant();
  const call = async (
    method: 'GET' | 'POST' | 'DELETE',
    url: string,
    body: { payload?: object | Buffer; headers?: Record<string, string> } = {},
  ) => rig.app.inject({ method, url, ...body, headers: { ...headers, ...body.headers } });
  const newSet = async () => (await call('POST', '/v1/image-sets', { payload: {} })).json();
  const { id } = await newSet();
  const upload = async (files: readonly File[], set = id) =>
    (await call('POST', `/v1/image-sets/${set}/images`, await formOf(files))).json();
  const usage = async () => (await call('GET', '/v1/usage')).json();
  return { tenantId, call, newSet, set: `/v1/image-sets/${id}`, setId: id, upload, usage };
}

const outcomes = (report: { files: { name: string; status: string; error: unknown }[] }) =>
  Object.fromEntries(
    report.files.map(({ name, status, error }) => [
      name,
      (error as { code: string } | null)?.code ?? status,
    ]),
  );

describe('the usage of a tenant', () => {
  it('is what it has sent, each content once, beside its limits', async () => {
    const { call, upload, usage, newSet } = await setup();
    const picture = png(1_000);
    await upload([
      ['a.png', picture],
      ['b.png', picture],
    ]);
    await upload([['a.png', picture]], (await newSet()).id);
    await call(
      'POST',
      '/v1/files',
      await formOf([['f', Buffer.alloc(500, 'x')]], { purpose: 'batch' }),
    );
    expect(await usage()).toEqual({
      object: 'usage',
      stored_bytes: { used: 1_500, limit: STORED_BYTES },
      images: { used: 3, limit: IMAGES },
      image_sets: { used: 2, limit: 3 },
      open_jobs: { used: 0, limit: 10_000 },
      queued_items: { used: 0, limit: 50_000_000 },
    });
    const { usage: ofAnother } = await setup();
    expect(await ofAnother()).toMatchObject({ stored_bytes: { used: 0 }, images: { used: 0 } });
  });

  it('counts jobs and images that wait, and what is deleted or done no more', async () => {
    const { call, set, setId, upload, usage } = await setup();
    await upload([['a.png', png(100)]]);
    const order = { image_set: setId, seal: true, tasks: [{ type: 'ocr' }], model: 'default' };
    const job = (await call('POST', '/v1/jobs', { payload: order })).json();
    expect(await usage()).toMatchObject({ open_jobs: { used: 1 }, queued_items: { used: 1 } });
    await endItems(rig.database, job.id);
    expect(await usage()).toMatchObject({ open_jobs: { used: 0 }, queued_items: { used: 0 } });
    expect((await call('DELETE', set)).statusCode).toBe(204);
    expect(await usage()).toMatchObject({ images: { used: 0 }, image_sets: { used: 0 } });
    await sweepDeletedSet(rig.database);
    expect(await usage()).toMatchObject({ stored_bytes: { used: 0 } });
  });
});

describe('what is above the quota of stored bytes', () => {
  it('is refused file by file with what to do, and the others are taken', async () => {
    const { tenantId, call, set, upload, usage } = await setup();
    const [first, large] = [png(2_000), png(1_500)];
    const files: File[] = [
      ['first.png', first],
      ['large.png', large],
      ['again.png', first],
      ['small.png', png(500)],
    ];
    const report = await upload(files);
    expect(report.counts).toEqual({ accepted: 3, duplicate: 0, refused: 1 });
    expect(outcomes(report)).toEqual({
      'first.png': 'accepted',
      'large.png': 'quota.stored_bytes',
      'again.png': 'accepted',
      'small.png': 'accepted',
    });
    expect(report.image_set.image_counts).toEqual({ accepted: 3, refused: 1 });
    const refused = (await call('GET', `${set}/refused`)).json().data;
    expect(refused).toMatchObject([
      { name: 'large.png', error: { detail: expect.stringMatching(/Delete.*MAX_STORED_BYTES/) } },
    ]);
    expect(await usage()).toMatchObject({ stored_bytes: { used: 2_500 }, images: { used: 3 } });
    // What was stored and had no room goes again.
    const removed: string[] = [];
    await removeBytes(rig.database, async (tenant, sha256) => {
      if (tenant === tenantId) removed.push(sha256);
      await rig.store.remove(imageKey(tenant, sha256));
    });
    expect(removed).toHaveLength(1);
    // With room, the same upload brings it.
    await call('DELETE', `${set}/images?name=small.png`);
    await call('DELETE', `${set}/images?name=again.png`);
    await call('DELETE', `${set}/images?name=first.png`);
    expect((await upload([['large.png', large]])).counts).toMatchObject({ accepted: 1 });
  });

  it('is refused inside an archive, entry by entry', async () => {
    const { upload } = await setup();
    const zip = craftZip([
      { name: '1.png', bytes: png(1_800) },
      { name: '2.png', bytes: png(1_800) },
      { name: '3.png', bytes: png(900) },
    ]);
    expect(outcomes(await upload([['all.zip', zip]]))).toEqual({
      '1.png': 'accepted',
      '2.png': 'quota.stored_bytes',
      '3.png': 'accepted',
    });
  });

  it('is refused as a file, as an upload in parts and as a prediction, with 409 and nothing kept', async () => {
    const { tenantId, call, set, upload, usage } = await setup();
    await upload([['a.png', png(2_000)]]);
    const problems = [
      await call('POST', '/v1/files', await formOf([['f', png(1_001)]], { purpose: 'batch' })),
      await call('POST', `${set}/uploads`, { payload: { name: 'a.zip', bytes: 1_001 } }),
      await call(
        'POST',
        '/v1/predictions',
        await formOf([['p.png', png(1_001)]], { tasks: '[{"type":"ocr"}]' }),
      ),
    ];
    for (const answer of problems) {
      expect([answer.statusCode, answer.json().code]).toEqual([409, 'quota.stored_bytes']);
    }
    expect(await usage()).toMatchObject({ stored_bytes: { used: 2_000 }, image_sets: { used: 1 } });
    const inParts = (bytes: number) =>
      call('POST', `${set}/uploads`, { payload: { name: 'a.zip', bytes } });
    expect((await inParts(600)).statusCode).toBe(201);
    // The first one is on its way: together they are too many.
    expect((await inParts(600)).json().code).toBe('quota.stored_bytes');
    const orphans = await rig.database.query(
      'SELECT 1 FROM blobs WHERE tenant_id = $1 AND bytes <> 2000',
      [tenantId],
    );
    expect(orphans).toEqual([]);
  });
});

describe('what is above the quota of images and sets', () => {
  it('is refused on every way in', async () => {
    const { call, newSet, set, upload, usage } = await setup();
    const files = Array.from({ length: 6 }, (_, n): File => [`${n}.png`, png(20 + n)]);
    const report = await upload(files);
    expect(report.counts).toEqual({ accepted: 5, duplicate: 0, refused: 1 });
    const { sha256 } = report.files.find(({ name }: { name: string }) => name === '0.png');
    const known = await call('POST', `${set}/images/known`, {
      payload: {
        images: [
          { name: 'other.png', sha256 },
          { name: '0.png', sha256 },
        ],
      },
    });
    expect(known.json()).toMatchObject({
      counts: { accepted: 0, duplicate: 1, unknown: 0, refused: 1 },
      images: [
        { status: 'refused', n: null, error: { code: 'quota.images' } },
        { status: 'duplicate', n: 0, error: null },
      ],
    });
    const picture = await formOf([['p.png', png(30)]], { tasks: '[{"type":"ocr"}]' });
    const prediction = await call('POST', '/v1/predictions', picture);
    expect([prediction.statusCode, prediction.json().code]).toEqual([409, 'quota.images']);
    const before = await usage();
    expect(before).toMatchObject({ images: { used: 5 }, image_sets: { used: 1 } });
    await newSet();
    await newSet();
    expect(await newSet()).toMatchObject({
      code: 'quota.image_sets',
      detail: expect.stringMatching(/3 image sets.*Delete.*MAX_IMAGE_SETS/),
    });
    expect(await usage()).toMatchObject({ image_sets: { used: 3 } });
  });
});
