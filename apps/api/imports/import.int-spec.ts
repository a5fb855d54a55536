import { request as httpRequest } from 'node:http';
import { beforeAll, describe, expect, it } from 'vitest';
import { importPageSchema, importSchema, manifestCheckSchema, problemSchema } from '#contracts';
import { newSecretsKey, SecretBox } from '#secrets';
import { usePostgres } from '#testing';
import { useApi } from '../spec-rig.js';

const secretsKey = newSecretsKey();
let url: URL;

const rig = useApi(usePostgres(), {
  MAX_IMAGES_PER_SET: '3000',
  SECRETS_KEY: secretsKey,
  OUTGOING_ALLOW: 's3.internal',
});
beforeAll(async () => {
  await rig.app.listen(0, '127.0.0.1');
  url = new URL(await rig.app.getUrl());
});

async function setup() {
  const tenant = await rig.createTenant();
  const { headers } = tenant;
  const call = (method: 'GET' | 'POST', path: string, payload?: object) =>
    rig.app.inject({ method, url: path, headers, payload });
  const { id } = (await call('POST', '/v1/image-sets', {})).json<{ id: string }>();
  const send = (body: string, type = 'application/jsonl', query = '') =>
    rig.app.inject({
      method: 'POST',
      url: `/v1/image-sets/${id}/imports${query}`,
      headers: { ...headers, 'content-type': type },
      payload: body,
    });
  return { tenant, setId: id, call, send };
}

const jsonl = (...lines: unknown[]): string =>
  lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n');
const at = (name: string | number, more: object = {}) => ({
  url: `https://example.com/${name}.png`,
  ...more,
});

const chunks = (id: string) =>
  rig.database.query<{ rows: { name: string; line: number }[] }>(
    'SELECT rows FROM import_chunks WHERE import_id = $1::uuid ORDER BY n',
    [id.slice(4)],
  );

describe('a manifest', () => {
  it('becomes rows to be fetched, and a reason for each line that cannot be used', async () => {
    const { send, setId, call } = await setup();
    const lines = [
      ...Array.from({ length: 1_200 }, (_, n) => at(n, { custom_id: `id ${n}` })),
      'not json',
      at('again', { custom_id: 'id 7' }),
      { url: 'http://169.254.169.254/' },
    ];
    const response = await send(
      jsonl(...lines),
      'application/x-ndjson; charset=utf-8',
      '?name=cats',
    );
    expect(response.statusCode).toBe(202);
    const answer = importSchema.parse(response.json());
    expect(answer).toMatchObject({
      name: 'cats',
      source: 'manifest',
      image_set: setId,
      state: 'fetching',
      row_counts: { found: 1_203, accepted: 0, duplicate: 0, refused: 3 },
    });
    expect(answer.line_errors).toEqual([
      {
        line: 1_201,
        code: 'manifest.invalid_line',
        detail: 'Line 1201: It is not valid JSON.',
      },
      {
        line: 1_202,
        code: 'manifest.duplicate_custom_id',
        detail: 'Line 1202: The custom id "id 7" is that of line 8.',
      },
      expect.objectContaining({ line: 1_203, code: 'outgoing.forbidden_address' }),
    ]);
    expect(response.headers.location).toBe(`/v1/imports/${answer.id}`);
    const stored = await chunks(answer.id);
    expect(stored.map(({ rows }) => rows.length)).toEqual([500, 500, 200]);
    expect(stored[0]!.rows[3]).toMatchObject({ line: 4, name: '3.png', customId: 'id 3' });
    const refused = (await call('GET', `/v1/image-sets/${setId}/refused`)).json<{
      data: { name: string; error: { code: string } }[];
    }>();
    expect(refused.data.map((file) => file.error.code)).toEqual([
      'manifest.invalid_line',
      'manifest.duplicate_custom_id',
      'outgoing.forbidden_address',
    ]);
    expect(await rig.database.query('SELECT 1 FROM import_ids')).toEqual([]);
    expect((await call('GET', `/v1/imports/${answer.id}`)).json()).toEqual(answer);
  });

  it('may be CSV, or be looked at only', async () => {
    const { send, setId, call } = await setup();
    const csv = 'url,custom_id\nhttps://example.com/a,1\nhttps://example.com/b,1\nftp://x,2';
    const check = await send(csv, 'text/csv', '?dry_run=true');
    expect(manifestCheckSchema.parse(check.json())).toMatchObject({
      row_counts: { found: 3, usable: 1 },
      line_errors: [
        { line: 3, code: 'manifest.duplicate_custom_id' },
        { line: 4, code: 'outgoing.forbidden_url' },
      ],
    });
    const listed = await call('GET', `/v1/image-sets/${setId}/imports`);
    expect(importPageSchema.parse(listed.json()).data).toEqual([]);
    const { row_counts } = importSchema.parse((await send(csv, 'text/csv')).json());
    expect(row_counts).toEqual({ found: 3, accepted: 0, duplicate: 0, refused: 2 });
  });

  it('without a usable line is completed at once', async () => {
    const { send, setId, call } = await setup();
    expect(importSchema.parse((await send('\n\n')).json()).state).toBe('completed');
    expect(importSchema.parse((await send('x')).json()).state).toBe('completed');
    const listed = importPageSchema.parse(
      (await call('GET', `/v1/image-sets/${setId}/imports`)).json(),
    );
    expect(listed.data).toHaveLength(2);
  });

  it('of more rows than a set has room for fails, and says so', async () => {
    const { send, setId, call } = await setup();
    const response = await send(jsonl(...Array.from({ length: 3_100 }, (_, n) => at(n))));
    expect([response.statusCode, problemSchema.parse(response.json()).code]).toEqual([
      413,
      'manifest.too_many_rows',
    ]);
    const { data } = importPageSchema.parse(
      (await call('GET', `/v1/image-sets/${setId}/imports`)).json(),
    );
    expect(data).toMatchObject([{ state: 'failed', error: { code: 'manifest.too_many_rows' } }]);
    expect(await chunks(data[0]!.id)).toEqual([]);
  });

  it('that is cut off leaves an import that has failed, and nothing waiting', async () => {
    const { tenant, setId, call } = await setup();
    const half = httpRequest(new URL(`/v1/image-sets/${setId}/imports`, url), {
      method: 'POST',
      headers: { ...tenant.headers, 'content-type': 'application/jsonl' },
    });
    half.on('error', () => undefined);
    half.write(`${jsonl(...Array.from({ length: 800 }, (_, n) => at(n)))}\n`);
    const imports = async () =>
      importPageSchema.parse((await call('GET', `/v1/image-sets/${setId}/imports`)).json()).data;
    // What has come is there to be fetched before the rest has come.
    await expect.poll(imports).toMatchObject([{ state: 'listing', row_counts: { found: 500 } }]);
    const seal = await call('POST', `/v1/image-sets/${setId}/seal`);
    expect([seal.statusCode, problemSchema.parse(seal.json()).code]).toEqual([
      409,
      'set.importing',
    ]);
    half.destroy();
    await new Promise<void>((resolve) => half.once('close', resolve));
    await expect
      .poll(imports)
      .toMatchObject([{ state: 'failed', error: { code: 'manifest.cut' } }]);
    const [failed] = await imports();
    expect(await chunks(failed!.id)).toEqual([]);
  });

  it('of another kind, into a sealed set, or into one too many times is refused', async () => {
    const { send, setId, call, tenant } = await setup();
    expect((await send('{}', 'application/json')).statusCode).toBe(400);
    expect((await send('x', 'application/xml')).statusCode).toBe(415);
    expect((await send('', 'text/csv', '?dry_run=maybe')).statusCode).toBe(400);
    for (let n = 0; n < 16; n++) expect((await send(jsonl(at(n)))).statusCode).toBe(202);
    const many = await send(jsonl(at('x')));
    expect([many.statusCode, problemSchema.parse(many.json()).code]).toEqual([
      409,
      'import.too_many',
    ]);
    const { data } = importPageSchema.parse(
      (await call('GET', `/v1/image-sets/${setId}/imports`)).json(),
    );
    for (const { id } of data) {
      const cancelled = await call('POST', `/v1/imports/${id}/cancel`);
      expect(importSchema.parse(cancelled.json()).state).toBe('cancelled');
    }
    const again = await call('POST', `/v1/imports/${data[0]!.id}/cancel`);
    expect(again.statusCode).toBe(200);
    await rig.database.query(`UPDATE image_sets SET state = 'sealed' WHERE tenant_id = $1`, [
      tenant.tenantId,
    ]);
    const sealed = await send(jsonl(at(1)));
    expect([sealed.statusCode, problemSchema.parse(sealed.json()).code]).toEqual([
      409,
      'set.sealed',
    ]);
    const stranger = await setup();
    for (const path of [`/v1/imports/${data[0]!.id}`, `/v1/image-sets/${setId}/imports`]) {
      expect((await stranger.call('GET', path)).statusCode).toBe(404);
    }
    expect((await stranger.call('POST', `/v1/imports/${data[0]!.id}/cancel`)).statusCode).toBe(404);
  });
});

describe('a bucket', () => {
  const order = {
    uri: 's3://photos/2024/**/*.jpg',
    endpoint: 'http://s3.internal:9000',
    access_key_id: 'AKIA-of-a-customer',
    secret_access_key: 'secret of a customer',
  };

  it('becomes an import whose credentials are sealed for it alone, and never shown', async () => {
    const { send, setId, call } = await setup();
    const response = await send(JSON.stringify({ ...order, name: 'all' }), 'application/json');
    expect(response.statusCode).toBe(202);
    const answer = importSchema.parse(response.json());
    expect(answer).toMatchObject({ source: 'bucket', state: 'listing', name: 'all' });
    const [row] = await rig.database.query<{ bucket: Record<string, string>; all: string }>(
      `SELECT bucket, imports::text AS all FROM imports WHERE id = $1::uuid`,
      [answer.id.slice(4)],
    );
    const seen = [
      response.body,
      (await call('GET', `/v1/imports/${answer.id}`)).body,
      (await call('GET', `/v1/image-sets/${setId}/imports`)).body,
      row!.all,
    ];
    for (const text of seen) expect(text).not.toMatch(/AKIA|secret of/);
    const id = answer.id.slice(4).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
    const opened = new SecretBox(secretsKey).open(row!.bucket['credentials']!, `import ${id}`);
    expect(JSON.parse(opened)).toEqual({
      accessKeyId: order.access_key_id,
      secretAccessKey: order.secret_access_key,
    });
    expect(row!.bucket).toMatchObject({ uri: order.uri, region: 'us-east-1' });
    await call('POST', `/v1/imports/${answer.id}/cancel`);
    const [after] = await rig.database.query<{ bucket: object }>(
      'SELECT bucket FROM imports WHERE id = $1::uuid',
      [answer.id.slice(4)],
    );
    expect(after!.bucket).not.toHaveProperty('credentials');
  });

  it.each([
    [{ uri: 'https://photos/' }, 422, 'bucket.bad_uri'],
    [{ uri: 's3://photos/*.jsonl', manifest: true }, 422, 'bucket.bad_uri'],
    [{ uri: 's3://photos/', manifest: true }, 422, 'bucket.bad_uri'],
    [{ endpoint: 'http://169.254.169.254' }, 422, 'outgoing.forbidden_address'],
    [{ endpoint: 'https://user:pass@example.com' }, 422, 'outgoing.forbidden_url'],
    [{ region: 'x.evil.com/' }, 400, 'request.invalid'],
    [{ secret_access_key: undefined }, 400, 'request.invalid'],
    [{ colour: 'red' }, 400, 'request.invalid'],
  ])('with %j is refused, without its secrets', async (more, status, code) => {
    const { send } = await setup();
    const response = await send(JSON.stringify({ ...order, ...more }), 'application/json');
    expect([response.statusCode, problemSchema.parse(response.json()).code]).toEqual([
      status,
      code,
    ]);
    expect(response.body).not.toMatch(/AKIA|secret of/);
  });
});
