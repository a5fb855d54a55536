import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { knownImagesSchema, problemSchema, resultPageSchema } from '#contracts';
import { usePostgres } from '#testing';
import { endItems } from '../jobs/job-fixture.js';
import { useApi } from '../spec-rig.js';

const rig = useApi(usePostgres());

type Headers = Record<string, string>;
const png = (): Buffer =>
  Buffer.concat([Buffer.from('\x89PNG\r\n\x1A\n', 'latin1'), randomBytes(50)]);
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

async function createSet(headers: Headers): Promise<string> {
  const answer = await rig.app.inject({
    method: 'POST',
    url: '/v1/image-sets',
    headers,
    payload: {},
  });
  return answer.json<{ id: string }>().id;
}

async function upload(headers: Headers, setId: string, name: string, bytes: Buffer): Promise<void> {
  const form = new FormData();
  form.append('files', new Blob([new Uint8Array(bytes)]), name);
  const body = new Response(form);
  const answer = await rig.app.inject({
    method: 'POST',
    url: `/v1/image-sets/${setId}/images`,
    headers: { ...headers, 'content-type': body.headers.get('content-type')! },
    payload: Buffer.from(await body.arrayBuffer()),
  });
  expect(answer.statusCode).toBe(200);
}

const ask = (headers: Headers, setId: string, images: readonly object[]) =>
  rig.app.inject({
    method: 'POST',
    url: `/v1/image-sets/${setId}/images/known`,
    headers,
    payload: { images },
  });

describe('images that were sent before', () => {
  it('come into another set without their bytes; the others are named', async () => {
    const { headers } = await rig.createTenant();
    const [first, second] = [await createSet(headers), await createSet(headers)];
    const [one, two, never] = [png(), png(), png()];
    await upload(headers, first, 'one.png', one);
    await upload(headers, first, 'two.png', two);
    const images = [
      { name: 'never.png', sha256: sha256(never) },
      { name: 'again/two.png', sha256: sha256(two), custom_id: 'b', metadata: { shelf: '7' } },
      { name: 'one\u202E.png', sha256: sha256(one) },
    ];
    const answer = knownImagesSchema.parse((await ask(headers, second, images)).json());
    expect(answer.counts).toEqual({ accepted: 2, duplicate: 0, unknown: 1, refused: 0 });
    expect(answer.images.map(({ name, status, n }) => [name, status, n])).toEqual([
      ['never.png', 'unknown', null],
      ['again/two.png', 'accepted', 0],
      ['one.png', 'accepted', 1],
    ]);
    expect(answer.image_set).toMatchObject({
      image_counts: { accepted: 2, refused: 0 },
      bytes: one.byteLength + two.byteLength,
    });
    const again = knownImagesSchema.parse((await ask(headers, second, images)).json());
    expect(again.counts).toEqual({ accepted: 0, duplicate: 2, unknown: 1, refused: 0 });
    const rows = await rig.database.query(
      'SELECT n, custom_id, metadata FROM images WHERE set_id = $1::uuid ORDER BY n',
      [second.slice(4)],
    );
    expect(rows).toEqual([
      { n: 0, custom_id: 'b', metadata: { shelf: '7' } },
      { n: 1, custom_id: null, metadata: null },
    ]);
  });

  it('are those of this tenant: what another has sent is unknown', async () => {
    const [owner, other] = [await rig.createTenant(), await rig.createTenant()];
    const bytes = png();
    await upload(owner.headers, await createSet(owner.headers), 'a.png', bytes);
    const images = [{ name: 'a.png', sha256: sha256(bytes) }];
    const answer = await ask(other.headers, await createSet(other.headers), images);
    expect(answer.json()).toMatchObject({ counts: { accepted: 0, duplicate: 0, unknown: 1 } });
  });

  it('are refused by a sealed set, and when asked about wrongly', async () => {
    const { headers } = await rig.createTenant();
    const setId = await createSet(headers);
    await upload(headers, setId, 'a.png', png());
    await rig.app.inject({ method: 'POST', url: `/v1/image-sets/${setId}/seal`, headers });
    const sealed = await ask(headers, setId, [{ name: 'a.png', sha256: 'a'.repeat(64) }]);
    expect([sealed.statusCode, problemSchema.parse(sealed.json()).code]).toEqual([
      409,
      'set.sealed',
    ]);
    for (const images of [[], [{ name: 'a', sha256: 'A'.repeat(64) }], [{ name: 'a' }]]) {
      expect((await ask(headers, setId, images)).statusCode).toBe(400);
    }
  });

  it('have what they are called, and what their client wanted to find again, beside their answers', async () => {
    const { headers } = await rig.createTenant();
    await rig.serveModel('default');
    const [first, second] = [await createSet(headers), await createSet(headers)];
    const bytes = png();
    await upload(headers, first, 'one.png', bytes);
    const image = { name: 'two.png', sha256: sha256(bytes), metadata: { shelf: '7' } };
    await ask(headers, second, [{ ...image, custom_id: 'sku-17' }]);
    await upload(headers, second, 'three.png', png());
    const payload = { image_set: second, seal: true, tasks: [{ type: 'ocr' }], model: 'default' };
    const created = await rig.app.inject({ method: 'POST', url: '/v1/jobs', headers, payload });
    const { id } = created.json<{ id: string }>();
    await endItems(rig.database, id);
    const get = (path: string) => rig.app.inject({ url: `/v1/jobs/${id}/${path}`, headers });
    const named = [
      { name: 'two.png', custom_id: 'sku-17', metadata: { shelf: '7' } },
      { name: 'three.png', custom_id: null, metadata: {} },
    ];
    const results = resultPageSchema.parse((await get('results')).json());
    expect(results.data.map((item) => item.image)).toMatchObject(named);
    const jsonl = (await get('export?format=jsonl')).body.trimEnd().split('\n');
    expect(jsonl.map((line) => JSON.parse(line).image)).toMatchObject(named);
    const [head, ...rows] = (await get('export?format=csv')).body.trimEnd().split('\r\n');
    expect(head).toMatch(/,custom_id,metadata$/);
    expect(rows[0]).toMatch(/,sku-17,"\{""shelf"":""7""\}"$/);
    expect(rows[1]).toMatch(/,,$/);
  });
});
