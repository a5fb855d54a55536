import { describe, expect, it } from 'vitest';
import { isWellFormedApiKey, keyPageSchema, keySchema, tenantSchema, type Key } from '#contracts';
import { usePostgres } from '#testing';
import { useApi } from '../spec-rig.js';

const token = 'a-token-of-the-operator';

const rig = useApi(usePostgres(), { INTERNAL_TOKEN: token });

type Method = 'GET' | 'POST' | 'DELETE';
const call = (key: string, method: Method, url: string, payload?: object) =>
  rig.app.inject({ method, url, headers: { authorization: `Bearer ${key}` }, payload });
const make = async (key: string, order: object): Promise<Key & { key: string }> => {
  const answer = await call(key, 'POST', '/v1/api-keys', order);
  expect(answer.statusCode).toBe(201);
  return keySchema.required({ key: true }).parse(answer.json());
};
const list = async (key: string): Promise<Key[]> =>
  keyPageSchema.parse((await call(key, 'GET', '/v1/api-keys')).json()).data;
const statusOf = async (key: string): Promise<number> =>
  (await call(key, 'GET', '/v1/jobs')).statusCode;

describe('API keys', () => {
  it('are shown once, and open what their scopes say', async () => {
    const { key: first } = await rig.createTenant();
    const made = await make(first, { name: ' page ', scopes: ['read'] });
    expect(isWellFormedApiKey(made.key)).toBe(true);
    expect(made).toMatchObject({ name: 'page', hint: made.key.slice(0, 8), scopes: ['read'] });
    expect(await statusOf(made.key)).toBe(200);
    const refused = await call(made.key, 'POST', '/v1/api-keys', { name: 'more' });
    expect([refused.statusCode, refused.json().code]).toEqual([403, 'auth.scope']);
    const all = await list(made.key);
    expect(all.map(({ name }) => name)).toEqual(['page', 'spec']);
    expect(JSON.stringify(all)).not.toContain(made.key);
    const kept = await rig.database.query('SELECT to_jsonb(api_keys) AS row FROM api_keys');
    expect(JSON.stringify(kept)).not.toContain(made.key);
  });

  it('open nothing once they are revoked, and a second time changes nothing', async () => {
    const { key: first } = await rig.createTenant();
    const made = await make(first, { name: 'old' });
    expect(await statusOf(made.key)).toBe(200);
    const revoked = (await call(first, 'DELETE', `/v1/api-keys/${made.id}`)).json<Key>();
    expect(revoked.revoked_at).not.toBeNull();
    expect(await statusOf(made.key)).toBe(401);
    const again = (await call(first, 'DELETE', `/v1/api-keys/${made.id}`)).json<Key>();
    expect(again.revoked_at).toBe(revoked.revoked_at);
  });

  it('leave one that may write for good, whatever is revoked at once', async () => {
    const { key: first } = await rig.createTenant();
    await make(first, { name: 'reader', scopes: ['read'] });
    await make(first, { name: 'guest', expires_at: new Date(Date.now() + 60_000).toISOString() });
    await make(first, { name: 'other' });
    const lasting = (await list(first)).filter(({ name }) => ['spec', 'other'].includes(name));
    const answers = await Promise.all(
      lasting.map(({ id }) => call(first, 'DELETE', `/v1/api-keys/${id}`)),
    );
    const codes = answers.map((answer) => answer.json<{ code?: string }>().code);
    // The key that asks may be the one that goes first, and is not known to the second then.
    expect(codes.filter((code) => code === undefined)).toHaveLength(1);
    expect(['key.last', 'auth.invalid']).toContain(codes.find((code) => code !== undefined));
    const left = await rig.database.query(
      `SELECT count(*)::int AS left FROM api_keys WHERE id::text = ANY ($1) AND revoked_at IS NULL`,
      [lasting.map(({ id }) => uuidOf(id))],
    );
    expect(left).toEqual([{ left: 1 }]);
  });

  it('are refused with an end that is past, no scope, or fields that nobody knows', async () => {
    const { key } = await rig.createTenant();
    for (const order of [
      { name: 'x', expires_at: '2020-01-01T00:00:00Z' },
      { name: 'x', scopes: [] },
      { name: 'x', scopes: ['read', 'read'] },
      { name: 'x', tenant: 'other' },
      { name: ' ' },
    ]) {
      const answer = await call(key, 'POST', '/v1/api-keys', order);
      expect([answer.statusCode, answer.json().code]).toEqual([400, 'request.invalid']);
    }
  });
});

describe('tenants', () => {
  it('are let in by the operator, each with a first key of its own', async () => {
    const order = { name: 'acme', weight: 2 };
    const [one, two] = await Promise.all(
      [1, 2].map(async () =>
        tenantSchema.parse((await call(token, 'POST', '/internal/tenants', order)).json()),
      ),
    );
    expect(one).toMatchObject(order);
    expect(one!.id).not.toBe(two!.id);
    const [key] = await list(one!.key!.key!);
    expect(key).toMatchObject({ name: 'first', id: one!.key!.id });
    const all = (await call(token, 'GET', '/internal/tenants')).json<{ data: { id: string }[] }>();
    expect(all.data.map(({ id }) => id)).toEqual(expect.arrayContaining([one!.id, two!.id]));
  });

  it('are told of others only if the operator says so', async () => {
    const [own, other] = await Promise.all(
      [true, false].map(async (operate) =>
        tenantSchema.parse(
          (await call(token, 'POST', '/internal/tenants', { name: 'ops', operate })).json(),
        ),
      ),
    );
    expect([own!.key!.scopes, other!.key!.scopes]).toEqual([
      ['read', 'write', 'operate'],
      ['read', 'write'],
    ]);
    const statuses = [own!, other!].map(
      async ({ key }) => (await call(key!.key!, 'GET', '/v1/operate/workers')).statusCode,
    );
    expect(await Promise.all(statuses)).toEqual([200, 403]);
  });

  it('are nobody else’s to make or see', async () => {
    const { key } = await rig.createTenant();
    for (const method of ['GET', 'POST'] as const) {
      const answer = await call(key, method, '/internal/tenants', { name: 'mine' });
      expect(answer.statusCode).toBe(401);
    }
  });
});

const uuidOf = (id: string): string =>
  id.slice(4).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
