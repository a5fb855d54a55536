import { createHash, randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  parsePublicId,
  partUrlsSchema,
  uploadPartKey,
  uploadPartsSchema,
  uploadSchema,
  type PartUrls,
  type Upload,
} from '#contracts';
import { makeTemporaryDirectory, removeDirectory, usePostgres, useS3 } from '#testing';
import { startApi, type ApiRig } from '../spec-rig.js';

const PART = 65_536;
const postgres = usePostgres();
const s3 = useS3();
let directory: string;
let folder: ApiRig;
let bucket: ApiRig;

beforeAll(async () => {
  directory = await makeTemporaryDirectory();
  const databaseUrl = await postgres.createDatabase();
  folder = await startApi({ databaseUrl, directory, env: { MAX_ZIP_BYTES: '1000000' } });
  vi.stubEnv('AWS_ACCESS_KEY_ID', s3.credentials.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', s3.credentials.secretAccessKey);
  bucket = await startApi({ databaseUrl, directory, env: { STORAGE_URL: s3.url() } });
  await folder.app.listen(0, '127.0.0.1');
  await bucket.app.listen(0, '127.0.0.1');
});
afterEach(() => vi.useRealTimers());
afterAll(async () => {
  vi.unstubAllEnvs();
  await folder?.close();
  await bucket?.close();
  await removeDirectory(directory);
});

type PartUrl = PartUrls['data'][number];
const md5 = (bytes: Buffer): string => createHash('md5').update(bytes).digest('base64');

/** An open upload of these bytes into a set of its own. */
async function begin(rig: ApiRig, content: Buffer, more: object = {}) {
  const tenant = await rig.createTenant();
  const call = async (method: 'GET' | 'POST' | 'DELETE', url: string, payload?: object) =>
    rig.app.inject({ method, url, headers: tenant.headers, payload });
  const setId = (await call('POST', '/v1/image-sets', {})).json<{ id: string }>().id;
  const order = { name: 'a.zip', bytes: content.byteLength, part_bytes: PART, ...more };
  const begun = await call('POST', `/v1/image-sets/${setId}/uploads`, order);
  expect(begun.statusCode).toBe(201);
  const upload: Upload = uploadSchema.parse(begun.json());
  const url = `/v1/uploads/${upload.id}`;
  const piece = (n: number): Buffer => content.subarray(n * PART, (n + 1) * PART);
  return {
    tenant,
    call,
    setId,
    upload,
    url,
    piece,
    urls: async (numbers: readonly number[], direct = true): Promise<PartUrl[]> => {
      const parts = numbers.map((n) => ({ n, md5: md5(piece(n)) }));
      const answer = await call('POST', `${url}/parts`, { parts, direct });
      return partUrlsSchema.parse(answer.json()).data;
    },
    there: async (): Promise<number[]> =>
      uploadPartsSchema.parse((await call('GET', `${url}/parts`)).json()).data.map(({ n }) => n),
    /** As any HTTP client that knows nothing of us. */
    put: async (part: PartUrl, body: Buffer, headers: Record<string, string> = {}) => {
      const address = new URL(part.url, await rig.app.getUrl());
      const answer = await fetch(address, {
        method: 'PUT',
        headers: { ...part.headers, ...headers },
        body: new Uint8Array(body),
      });
      const text = await answer.text();
      const code = text.startsWith('{') ? (JSON.parse(text) as { code?: string }).code : undefined;
      return { status: answer.status, code };
    },
  };
}

describe.each([
  ['a folder', () => folder, true],
  ['a bucket, straight into it', () => bucket, true],
  ['a bucket, through the api', () => bucket, false],
])('parts into %s', (_, rigOf, direct) => {
  it('come in any order, as often as they like, and are all there is to complete it', async () => {
    const content = randomBytes(PART * 2 + 1_000);
    const rig = rigOf();
    const { tenant, upload, urls, put, piece, there, call, url } = await begin(rig, content);
    expect(upload).toMatchObject({ state: 'open', part_bytes: PART, part_count: 3 });
    const parts = await urls([2, 0, 1], direct);
    expect(parts.map(({ n, bytes }) => [n, bytes])).toEqual([
      [2, 1_000],
      [0, PART],
      [1, PART],
    ]);
    for (const part of [parts[0]!, parts[0]!, parts[1]!]) {
      expect(await put(part, piece(part.n))).toEqual({ status: 200 });
    }
    expect(await there()).toEqual([0, 2]);
    const early = await call('POST', `${url}/complete`);
    expect([early.statusCode, early.json()]).toEqual([
      409,
      expect.objectContaining({
        code: 'upload.incomplete',
        detail: expect.stringMatching(/: 1\./),
      }),
    ]);
    await put(parts[2]!, piece(1));
    for (const _again of [1, 2]) {
      const done = await call('POST', `${url}/complete`);
      expect([done.statusCode, done.json<Upload>().state]).toEqual([202, 'assembling']);
    }
    const uploadId = parsePublicId('upload', upload.id)!;
    const stored = await Promise.all(
      [0, 1, 2].map((n) => rig.store.read(uploadPartKey(tenant.tenantId, uploadId, n), PART)),
    );
    expect(Buffer.concat(stored).equals(content)).toBe(true);
  });
});

describe('a part that this api takes', () => {
  it('is refused when it is not the one that was announced, and then it is not there', async () => {
    const content = randomBytes(PART + 500);
    const { urls, put, piece, there } = await begin(folder, content);
    const [first, last] = await urls([0, 1]);
    const flipped = Buffer.from(piece(0));
    flipped[77]! ^= 1;
    expect(await put(first!, flipped)).toEqual({ status: 400, code: 'upload.wrong_checksum' });
    expect(await put(last!, piece(0))).toEqual({ status: 400, code: 'upload.wrong_length' });
    expect(await put(last!, piece(1).subarray(1))).toEqual({
      status: 400,
      code: 'upload.wrong_length',
    });
    expect(await there()).toEqual([]);
    expect((await put(first!, piece(0))).status).toBe(200);
    expect(await there()).toEqual([0]);
  });

  it('is nothing to whoever has no URL for it', async () => {
    const content = randomBytes(PART * 2);
    const { urls, put, piece, there } = await begin(folder, content);
    const [first] = await urls([0]);
    const forged = { ...first!, url: first!.url.replace(/signature=.{4}/, 'signature=AAAA') };
    const other = { ...first!, url: first!.url.replace('n=0', 'n=1') };
    const missing = { status: 404, code: 'upload.not_found' };
    expect(await put(forged, piece(0))).toEqual(missing);
    expect(await put(other, piece(0))).toEqual(missing);
    expect(await put(first!, piece(1), { 'content-md5': md5(piece(1)) })).toEqual(missing);
    const unsigned = { ...first!, url: first!.url.replace(/&signature=.*/, '') };
    expect((await put(unsigned, piece(0))).status).toBe(401);
    const later = new Date(Date.now() + 3_601_000);
    vi.useFakeTimers({ toFake: ['Date'], now: later });
    expect(await put(first!, piece(0))).toEqual(missing);
    vi.useRealTimers();
    expect(await there()).toEqual([]);
  });

  it('also comes with an API key, and its checksum is its announcement', async () => {
    const content = randomBytes(100);
    const { tenant, put, there, url } = await begin(folder, content);
    const part = { url: `${url}/part?n=0`, headers: {} } as PartUrl;
    const headers = { ...tenant.headers, 'content-type': 'application/octet-stream' };
    expect(await put(part, content, headers)).toEqual({ status: 400, code: 'upload.no_checksum' });
    const full = { ...headers, 'content-md5': md5(content) };
    expect((await put(part, content, full)).status).toBe(200);
    expect(await there()).toEqual([0]);
    const beyond = { ...part, url: `${url}/part?n=1` };
    expect(await put(beyond, content, full)).toEqual({ status: 422, code: 'upload.no_such_part' });
  });
});

describe('an upload', () => {
  it('that was given up takes nothing more', async () => {
    const content = randomBytes(100);
    const { call, url, urls, put } = await begin(folder, content);
    const [part] = await urls([0]);
    for (const _ of [1, 2]) expect((await call('DELETE', url)).statusCode).toBe(204);
    expect((await call('GET', url)).json()).toMatchObject({ state: 'aborted' });
    expect(await put(part!, content)).toEqual({ status: 409, code: 'upload.not_open' });
    for (const answer of [
      await call('POST', `${url}/complete`),
      await call('POST', `${url}/parts`, { parts: [{ n: 0, md5: md5(content) }] }),
    ]) {
      expect([answer.statusCode, answer.json()]).toEqual([
        409,
        expect.objectContaining({ code: 'upload.not_open' }),
      ]);
    }
  });

  it('that is complete holds its set open until its pictures are in it', async () => {
    const content = randomBytes(100);
    const { call, url, setId, urls, put } = await begin(folder, content);
    const [part] = await urls([0]);
    await put(part!, content);
    await call('POST', `${url}/complete`);
    const sealed = await call('POST', `/v1/image-sets/${setId}/seal`);
    expect([sealed.statusCode, sealed.json()]).toEqual([
      409,
      expect.objectContaining({ code: 'set.uploading' }),
    ]);
  });

  it('too large, of too many parts or into a sealed set is refused before a byte is sent', async () => {
    const { call, setId } = await begin(folder, randomBytes(10));
    const ask = async (order: object) => {
      const answer = await call('POST', `/v1/image-sets/${setId}/uploads`, { name: 'a', ...order });
      return [answer.statusCode, answer.json<{ code: string }>().code];
    };
    expect(await ask({ bytes: 1_000_001 })).toEqual([413, 'upload.too_large']);
    expect(await ask({ bytes: 0 })).toEqual([400, 'request.invalid']);
    expect(await ask({ bytes: 9, part_bytes: 10 })).toEqual([400, 'request.invalid']);
    await folder.database.query(`UPDATE image_sets SET state = 'sealed' WHERE id = $1::uuid`, [
      parsePublicId('set', setId),
    ]);
    expect(await ask({ bytes: 9 })).toEqual([409, 'set.sealed']);
  });
});
