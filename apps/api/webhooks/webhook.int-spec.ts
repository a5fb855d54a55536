import { beforeAll, describe, expect, it } from 'vitest';
import { parsePublicId, webhookSchema } from '#contracts';
import { usePostgres } from '#testing';
import { useApi } from '../spec-rig.js';

const rig = useApi(usePostgres(), { OUTGOING_ALLOW: '127.0.0.1' });
beforeAll(async () => {
  await rig.serveModel('default');
});

const URL_ = 'https://example.com/hook';

/** A tenant and what it asks. */
async function client() {
  const { headers, tenantId } = await rig.createTenant();
  const call = (
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    url: string,
    payload?: object,
    more = {},
  ) => rig.app.inject({ method, url, headers: { ...headers, ...more }, payload });
  const create = async (more: object = {}) =>
    webhookSchema.parse((await call('POST', '/v1/webhooks', { url: URL_, ...more })).json());
  return { call, create, tenantId, set: () => sealedSet(tenantId) };
}

async function sealedSet(tenantId: string): Promise<string> {
  const [row] = await rig.database.query<{ id: string }>(
    `WITH made AS (
       INSERT INTO image_sets (id, tenant_id, state, accepted) VALUES (gen_random_uuid(), $1, 'sealed', 1)
       RETURNING id
     ) SELECT replace(id::text, '-', '') AS id FROM made`,
    [tenantId],
  );
  return `set_${row!.id}`;
}

describe('webhooks', () => {
  it('are created, shown without their secret, changed and removed', async () => {
    const { call, create } = await client();
    const made = await create({ description: 'mine' });
    expect(made).toMatchObject({
      url: URL_,
      payload: 'thin',
      scope: 'all',
      state: 'enabled',
      description: 'mine',
      secret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/),
    });
    expect(made.events).toContain('job.finished');
    expect(made.events).not.toContain('job.created');
    const url = `/v1/webhooks/${made.id}`;
    const { secret: _, ...shown } = made;
    expect((await call('GET', url)).json()).toEqual(shown);
    expect((await call('GET', '/v1/webhooks')).json().data).toEqual([shown]);
    const change = { events: ['job.started'], state: 'disabled' };
    expect((await call('PATCH', url, change)).json()).toMatchObject({
      ...change,
      disabled_reason: 'user',
    });
    expect((await call('PATCH', url, { payload: 'full' })).json().description).toBe('mine');
    expect((await call('PATCH', url, { description: ' ' })).json().description).toBeNull();
    const refused = await call('POST', `${url}/test`);
    expect([refused.statusCode, refused.json().code]).toEqual([409, 'webhook.disabled']);
    expect((await call('PATCH', url, { state: 'enabled' })).json().disabled_reason).toBeNull();
    expect((await call('DELETE', url)).statusCode).toBe(204);
    const gone = await call('GET', url);
    expect([gone.statusCode, gone.json().code]).toEqual([404, 'webhook.not_found']);
  });

  it.each([
    ['http://example.com/', 422, 'outgoing.forbidden_url'],
    ['https://user:pw@example.com/', 422, 'outgoing.forbidden_url'],
    ['https://169.254.169.254/', 422, 'outgoing.forbidden_address'],
    ['https://[::ffff:10.0.0.1]/', 422, 'outgoing.forbidden_address'],
    ['nonsense', 422, 'outgoing.bad_url'],
    ['http://127.0.0.1:9/ok', 201, undefined],
  ])('to %s: %i', async (url, status, code) => {
    const { call, create } = await client();
    const answer = await call('POST', '/v1/webhooks', { url });
    expect([answer.statusCode, answer.json().code]).toEqual([status, code]);
    const { id } = await create();
    const change = await call('PATCH', `/v1/webhooks/${id}`, { url });
    expect([change.statusCode, change.json().code]).toEqual([status === 201 ? 200 : status, code]);
  });

  it('are made once per Idempotency-Key, with the same secret in every answer', async () => {
    const { call } = await client();
    const key = { 'idempotency-key': 'a' };
    const first = await call('POST', '/v1/webhooks', { url: URL_ }, key);
    const again = await call('POST', '/v1/webhooks', { url: URL_ }, key);
    expect(again.json()).toEqual(first.json());
    expect(again.headers['idempotent-replayed']).toBe('true');
    expect((await call('GET', '/v1/webhooks')).json().data).toHaveLength(1);
  });

  it('get another secret', async () => {
    const { call, create } = await client();
    const { id, secret } = await create();
    const rotated = await call('POST', `/v1/webhooks/${id}/rotate`, { overlap_seconds: 60 });
    expect(rotated.statusCode).toBe(200);
    expect(rotated.json().secret).toMatch(/^whsec_/);
    expect(rotated.json().secret).not.toBe(secret);
  });

  it('are a hundred at most', async () => {
    const { call, create, tenantId } = await client();
    await create();
    await rig.database.query(
      `INSERT INTO webhook_endpoints (id, tenant_id, url, events, payload, scope)
       SELECT gen_random_uuid(), $1, url, events, payload, scope
       FROM webhook_endpoints, generate_series(1, 99) WHERE tenant_id = $1`,
      [tenantId],
    );
    const refused = await call('POST', '/v1/webhooks', { url: URL_ });
    expect([refused.statusCode, refused.json().code]).toEqual([409, 'webhook.too_many']);
  });
});

describe('deliveries', () => {
  it('are made by a test, listed, looked at, sent again and recovered', async () => {
    const { call, create } = await client();
    const { id } = await create();
    const url = `/v1/webhooks/${id}`;
    const made = await call('POST', `${url}/test`);
    expect([made.statusCode, made.json().event.type]).toEqual([202, 'webhook.test']);
    const delivery = made.json();
    expect((await call('GET', `${url}/deliveries`)).json().data).toEqual([delivery]);
    expect((await call('GET', `${url}/deliveries?state=failed`)).json().data).toEqual([]);
    const one = `${url}/deliveries/${delivery.id}`;
    expect((await call('GET', one)).json()).toEqual({ ...delivery, log: [] });
    expect((await call('POST', `${one}/resend`)).statusCode).toBe(202);
    const since = { since: '2026-01-01T00:00:00+02:00' };
    expect((await call('POST', `${url}/recover`, since)).json()).toMatchObject({
      deliveries: 0,
      since: '2025-12-31T22:00:00.000Z',
    });
    const bad = await call('POST', `${url}/recover`, { since: 'yesterday' });
    expect([bad.statusCode, bad.json().code]).toEqual([400, 'request.invalid']);
  });
});

describe('a job', () => {
  const order = (image_set: string, webhook: object) => ({
    image_set,
    tasks: [{ type: 'caption' }],
    webhook,
  });
  const events = ['job.created'];

  it('brings its own webhook, whose secret comes with the first answer', async () => {
    const { call, set, create } = await client();
    await create({ events: ['job.cancelled'] });
    const webhook = { url: 'http://127.0.0.1:9/', events, payload: 'full' };
    const made = await call('POST', '/v1/jobs', order(await set(), webhook));
    expect(made.statusCode).toBe(202);
    const { webhook: named, ...job } = made.json();
    expect(named.secret).toMatch(/^whsec_/);
    expect((await call('GET', `/v1/jobs/${job.id}`)).json()).toEqual(job);
    const listed = await call('GET', `/v1/webhooks?job=${job.id}`);
    expect(listed.json().data).toMatchObject([{ id: named.id, scope: 'named' }]);
    const told = await call('GET', `/v1/webhooks/${named.id}/deliveries`);
    expect(told.json().data).toMatchObject([{ event: { type: 'job.created' } }]);
    // What the outbox says of the job is what the API says.
    const [event] = await rig.database.query(
      'SELECT data FROM webhook_events WHERE subject_id = $1',
      [parsePublicId('job', job.id)],
    );
    expect(event!['data']).toEqual(job);
    const next = await call('POST', '/v1/jobs', order(await set(), webhook));
    expect(next.json().webhook).toEqual({ id: named.id });
  });

  it('names one that exists, of its own tenant', async () => {
    const [mine, theirs] = [await client(), await client()];
    const { id } = await mine.create({ scope: 'named', events });
    const made = await mine.call('POST', '/v1/jobs', order(await mine.set(), { id }));
    expect(made.json().webhook).toEqual({ id });
    await mine.call('POST', '/v1/jobs', { ...order(await mine.set(), { id }), webhook: undefined });
    const told = await mine.call('GET', `/v1/webhooks/${id}/deliveries`);
    expect(told.json().data).toHaveLength(1);
    const stolen = await theirs.call('POST', '/v1/jobs', order(await theirs.set(), { id }));
    expect([stolen.statusCode, stolen.json().code]).toEqual([404, 'webhook.not_found']);
    const bad = await mine.call(
      'POST',
      '/v1/jobs',
      order(await mine.set(), { url: 'http://10.0.0.1' }),
    );
    expect(bad.statusCode).toBe(422);
  });
});

describe('a fine-tuning job', () => {
  it('is in the outbox as the API shows it', async () => {
    const { call, tenantId } = await client();
    await rig.offerBase('base');
    const [file] = await rig.database.query<{ id: string }>(
      `INSERT INTO files (id, tenant_id, name, bytes, sha256)
       VALUES (gen_random_uuid(), $1, 'a', 1, 'x') RETURNING replace(id::text, '-', '') AS id`,
      [tenantId],
    );
    const order = { model: 'base', training_file: `file_${file!.id}`, metadata: { a: 'b' } };
    const job = (await call('POST', '/v1/fine-tuning/jobs', order)).json();
    const cancelled = await call('POST', `/v1/fine-tuning/jobs/${job.id}/cancel`);
    const events = await rig.database.query<{ data: unknown }>(
      'SELECT data FROM webhook_events WHERE subject_id = $1 ORDER BY created_at',
      [parsePublicId('tuning', job.id)],
    );
    expect(events.map(({ data }) => data)).toEqual([job, cancelled.json()]);
  });
});
