import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { beforeAll, expect, it } from 'vitest';
import { usePostgres } from '#testing';
import { useApi } from '../spec-rig.js';

let headers: Record<string, string>;
let tenantId: string;
let set: string;

const rig = useApi(usePostgres());
beforeAll(async () => {
  ({ headers, tenantId } = await rig.createTenant());
  const created = await rig.app.inject({
    method: 'POST',
    url: '/v1/image-sets',
    headers,
    payload: {},
  });
  set = created.json<{ id: string }>().id;
  const photo = await readFile('examples/photos/cat.jpg');
  await upload('cat.jpg', photo);
  await upload('half.jpg', photo.subarray(0, photo.length / 2));
});

async function upload(name: string, bytes: Buffer): Promise<void> {
  const head = `--b\r\nContent-Disposition: form-data; name="f"; filename="${name}"\r\n\r\n`;
  const payload = Buffer.concat([Buffer.from(head), bytes, Buffer.from('\r\n--b--\r\n')]);
  const type = { 'content-type': 'multipart/form-data; boundary=b' };
  const url = `/v1/image-sets/${set}/images`;
  await rig.app.inject({ method: 'POST', url, headers: { ...headers, ...type }, payload });
}

const get = (query: string, asked = headers) =>
  rig.app.inject({ url: `/v1/image-sets/${set}/thumbnail?${query}`, headers: asked });

async function kept(): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of rig.store.list(`t/${tenantId}/thumbnails/`)) keys.push(key);
  return keys;
}

it('is made once, kept, and stays in the browser', async () => {
  const first = await get('n=0');
  expect([first.statusCode, first.headers]).toMatchObject([
    200,
    {
      'content-type': 'image/webp',
      'cache-control': 'private, max-age=604800, immutable',
      'cross-origin-resource-policy': 'same-origin',
    },
  ]);
  const { width, height, format } = await sharp(first.rawPayload).metadata();
  expect([format, Math.max(width, height)]).toEqual(['webp', 320]);
  expect(await kept()).toHaveLength(1);
  expect((await get('n=0')).rawPayload).toEqual(first.rawPayload);
  const large = await get('n=0&edge=1600');
  expect(large.rawPayload.length).toBeGreaterThan(first.rawPayload.length);
  expect(await kept()).toHaveLength(2);
});

it('is not there for pictures that cannot be read, numbers that are none, and other tenants', async () => {
  const codes = async (query: string, asked = headers) => {
    const { statusCode, headers: answered, ...rest } = await get(query, asked);
    expect(answered['cache-control']).toBe('no-store');
    return [statusCode, rest.json<{ code: string }>().code];
  };
  expect(await codes('n=1')).toEqual([422, 'image.undecodable']);
  expect(await codes('n=2')).toEqual([404, 'set.not_found']);
  expect(await codes('n=x')).toEqual([400, 'request.invalid']);
  expect(await codes('n=0&edge=5000')).toEqual([400, 'request.invalid']);
  expect(await codes('n=0', (await rig.createTenant()).headers)).toEqual([404, 'set.not_found']);
});
