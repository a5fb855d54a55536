import { beforeAll, describe, expect, it } from 'vitest';
import { exportPageSchema, exportSchema, parsePublicId, problemSchema } from '#contracts';
import { newSecretsKey, SecretBox } from '#secrets';
import { usePostgres } from '#testing';
import { useApi } from '../spec-rig.js';

const secretsKey = newSecretsKey();

const rig = useApi(usePostgres(), { SECRETS_KEY: secretsKey, OUTGOING_ALLOW: 's3.internal' });
beforeAll(async () => {
  await rig.serveModel('default');
});

const order = {
  format: 'coco',
  destination: 's3://photos/exports/',
  endpoint: 'http://s3.internal:9000',
  access_key_id: 'AKIA-of-a-customer',
  secret_access_key: 'secret of a customer',
};

async function setup(isFinished = true) {
  const { headers } = await rig.createTenant();
  const call = (method: 'GET' | 'POST', url: string, payload?: object) =>
    rig.app.inject({ method, url, headers, payload });
  const make = async (url: string, payload: object) =>
    (await call('POST', url, payload)).json<{ id: string }>().id;
  const set = await make('/v1/image-sets', {});
  const [setId] = [parsePublicId('set', set)];
  await rig.database.query(
    `INSERT INTO images (set_id, n, name, sha256) VALUES ($1, 0, 'a.jpg', sha256('x'))`,
    [setId],
  );
  await rig.database.query('UPDATE image_sets SET accepted = 1 WHERE id = $1', [setId]);
  const job = await make('/v1/jobs', { image_set: set, seal: true, tasks: [{ type: 'ocr' }] });
  if (isFinished) {
    await rig.database.query(
      `UPDATE jobs SET state = 'completed', succeeded = 1, finished_at = now() WHERE id = $1`,
      [parsePublicId('job', job)],
    );
  }
  const create = (more: object = {}) =>
    call('POST', `/v1/jobs/${job}/exports`, { ...order, ...more });
  return { job, call, create };
}

describe('an export into a bucket', () => {
  it('is queued with credentials that are sealed for it alone, and never shown', async () => {
    const { job, call, create } = await setup();
    const response = await create();
    expect(response.statusCode).toBe(202);
    const answer = exportSchema.parse(response.json());
    expect(answer).toMatchObject({
      job,
      state: 'queued',
      partial: false,
      destination: `s3://photos/exports/${job}-coco.zip`,
      manifest: `s3://photos/exports/${job}-coco.zip.manifest.json`,
      items: { total: 1, read: 0 },
    });
    expect(response.headers.location).toBe(`/v1/exports/${answer.id}`);
    const id = parsePublicId('export', answer.id)!;
    const [row] = await rig.database.query<{
      bucket: Record<string, string>;
      shown: object;
      all: string;
    }>(
      `SELECT bucket, shown_export(exports) AS shown, exports::text AS all FROM exports WHERE id = $1`,
      [id],
    );
    const got = await call('GET', `/v1/exports/${answer.id}`);
    const listed = await call('GET', `/v1/jobs/${job}/exports`);
    expect(exportPageSchema.parse(listed.json()).data).toEqual([answer]);
    // What webhooks are told is what GET shows.
    expect(row!.shown).toEqual(got.json());
    for (const text of [response.body, got.body, listed.body, row!.all]) {
      expect(text).not.toMatch(/AKIA|secret of/);
    }
    const opened = new SecretBox(secretsKey).open(row!.bucket['credentials']!, `export ${id}`);
    expect(JSON.parse(opened)).toEqual({
      accessKeyId: order.access_key_id,
      secretAccessKey: order.secret_access_key,
    });
    const cancelled = await call('POST', `/v1/exports/${answer.id}/cancel`);
    expect(exportSchema.parse(cancelled.json()).state).toBe('cancelled');
    expect((await call('POST', `/v1/exports/${answer.id}/cancel`)).statusCode).toBe(200);
    const [after] = await rig.database.query<{ bucket: object }>(
      'SELECT bucket FROM exports WHERE id = $1',
      [id],
    );
    expect(after!.bucket).not.toHaveProperty('credentials');
  });

  it('is one at a time to an object, and so many to a tenant', async () => {
    const { create, call } = await setup();
    const first = exportSchema.parse((await create()).json());
    const again = await create();
    expect([again.statusCode, problemSchema.parse(again.json()).code]).toEqual([
      409,
      'export.in_progress',
    ]);
    await call('POST', `/v1/exports/${first.id}/cancel`);
    const orders = await Promise.all(
      Array.from({ length: 40 }, (_, n) => create({ destination: `s3://photos/${n}/` })),
    );
    const statuses = orders.map(({ statusCode }) => statusCode);
    expect(statuses.filter((status) => status === 202)).toHaveLength(32);
    const refused = orders.find(({ statusCode }) => statusCode !== 202)!;
    expect(problemSchema.parse(refused.json()).code).toBe('export.too_many');
  });

  it('of a job that runs has to be wanted as a part', async () => {
    const { create } = await setup(false);
    const early = await create();
    expect([early.statusCode, problemSchema.parse(early.json()).code]).toEqual([
      409,
      'job.running',
    ]);
    expect((await create({ partial: true })).statusCode).toBe(202);
  });

  it('that has ended is not cancelled', async () => {
    const { create, call } = await setup();
    const { id } = exportSchema.parse((await create()).json());
    await rig.database.query(
      `UPDATE exports SET state = 'completed', finished_at = now() WHERE id = $1`,
      [parsePublicId('export', id)],
    );
    const late = await call('POST', `/v1/exports/${id}/cancel`);
    expect([late.statusCode, problemSchema.parse(late.json()).code]).toEqual([409, 'export.ended']);
  });

  it.each([
    [{ destination: 'https://photos/' }, 422, 'bucket.bad_uri'],
    [{ destination: 's3://photos/*.zip' }, 422, 'bucket.bad_uri'],
    [{ endpoint: 'http://169.254.169.254' }, 422, 'outgoing.forbidden_address'],
    [{ format: 'excel' }, 400, 'request.invalid'],
    [{ secret_access_key: undefined }, 400, 'request.invalid'],
    [{ webhook: 'x' }, 400, 'request.invalid'],
  ])('of %j is refused, and no secret repeated', async (more, status, code) => {
    const { create } = await setup();
    const refused = await create(more);
    expect([refused.statusCode, problemSchema.parse(refused.json()).code]).toEqual([status, code]);
    expect(refused.body).not.toMatch(/AKIA|secret of/);
  });
});
