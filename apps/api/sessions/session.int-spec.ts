import { describe, expect, it } from 'vitest';
import { sessionSchema, type Scope } from '#contracts';
import { usePostgres } from '#testing';
import { useApi } from '../spec-rig.js';

const rig = useApi(usePostgres());

type Headers = Record<string, string>;
const OWN: Headers = { 'sec-fetch-site': 'same-origin' };
const call = (method: 'GET' | 'POST' | 'DELETE', url: string, headers: Headers, payload?: object) =>
  rig.app.inject({ method, url, headers, payload });
const post = (api_key: string, headers: Headers = OWN) =>
  call('POST', '/v1/sessions', headers, { api_key });

/** A browser that has signed in with a key of a tenant of its own. */
async function signIn(scopes?: Scope[]) {
  const tenant = await rig.createTenant(scopes);
  const answer = await post(` ${tenant.key} `);
  const setCookie = String(answer.headers['set-cookie']);
  const cookie = setCookie.split(';')[0]!;
  return { ...tenant, answer, setCookie, cookie, own: { ...OWN, cookie } };
}

describe('signing in', () => {
  it('turns a key into a cookie that scripts and other sites cannot have', async () => {
    const { answer, setCookie, key, own } = await signIn();
    expect(answer.statusCode).toBe(201);
    const session = sessionSchema.parse(answer.json());
    expect(session).toMatchObject({ key: { name: 'spec', hint: key.slice(0, 8) } });
    expect(setCookie).toMatch(/^pallet_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; /);
    expect(setCookie).not.toContain('Secure');
    expect(answer.body + setCookie).not.toContain(key);
    expect((await call('GET', '/v1/session', own)).json()).toEqual(session);
    expect((await call('GET', '/v1/jobs', own)).statusCode).toBe(200);
  });

  it('keeps the cookie to TLS where there is TLS', async () => {
    const { key } = await rig.createTenant();
    const answer = await post(key, { ...OWN, 'x-forwarded-proto': 'https' });
    expect(answer.headers['set-cookie']).toMatch(/; Secure$/);
  });

  it('is refused to keys that are wrong or revoked, and keeps no secret in the database', async () => {
    const { tenantId, key, cookie, own } = await signIn();
    expect((await post('plt_nonsense')).json().code).toBe('auth.invalid');
    const kept = await rig.database.query('SELECT encode(hash, $1) AS hash FROM sessions', ['hex']);
    expect(JSON.stringify(kept)).not.toContain(cookie.split('=')[1]);
    await rig.database.query('UPDATE api_keys SET revoked_at = now() WHERE tenant_id = $1', [
      tenantId,
    ]);
    expect((await post(key)).statusCode).toBe(401);
    expect((await call('GET', '/v1/jobs', own)).json().code).toBe('auth.invalid');
  });

  it('says who asks to a request with a key, too', async () => {
    const { headers } = await rig.createTenant(['read']);
    const session = sessionSchema.parse((await call('GET', '/v1/session', headers)).json());
    expect(session).toMatchObject({ scopes: ['read'], expires_at: null });
  });
});

describe('a session', () => {
  it('may what its key may', async () => {
    const { own } = await signIn(['read']);
    expect((await call('GET', '/v1/jobs', own)).statusCode).toBe(200);
    const refused = await call('POST', '/v1/image-sets', own, {});
    expect([refused.statusCode, refused.json().code]).toEqual([403, 'auth.scope']);
    expect((await call('DELETE', '/v1/session', own)).statusCode).toBe(204);
  });

  it('ends when its time is over and when the browser signs out, for its copies too', async () => {
    const [late, gone] = [await signIn(), await signIn()];
    await rig.database.query(
      `UPDATE sessions SET expires_at = now() - interval '1 s'
       FROM api_keys WHERE api_keys.id = api_key_id AND tenant_id = $1`,
      [late.tenantId],
    );
    expect((await call('GET', '/v1/jobs', late.own)).statusCode).toBe(401);
    const out = await call('DELETE', '/v1/session', gone.own);
    expect([out.statusCode, out.headers['set-cookie']]).toEqual([
      204,
      expect.stringContaining('pallet_session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0'),
    ]);
    expect((await call('GET', '/v1/jobs', gone.own)).statusCode).toBe(401);
  });

  it.each<[string, 'GET' | 'POST', Headers, number]>([
    ['a page of another site', 'POST', { 'sec-fetch-site': 'cross-site' }, 403],
    ['another port of this host', 'POST', { 'sec-fetch-site': 'same-site' }, 403],
    ['another port, which only reads', 'GET', { 'sec-fetch-site': 'same-site' }, 403],
    ['the address bar, which writes', 'POST', { 'sec-fetch-site': 'none' }, 403],
    ['the address bar, which reads', 'GET', { 'sec-fetch-site': 'none' }, 200],
    ['another origin of an old browser', 'POST', { origin: 'http://localhost:81' }, 403],
    ['no origin at all, which writes', 'POST', {}, 403],
    ['an opaque origin', 'POST', { origin: 'null' }, 403],
    [
      'our own origin without TLS',
      'POST',
      { origin: 'http://localhost:80', host: 'localhost' },
      201,
    ],
    ['our own page', 'POST', OWN, 201],
  ])('that is used by %s', async (_, method, headers, status) => {
    const { cookie } = await signIn();
    const url = method === 'GET' ? '/v1/jobs' : '/v1/image-sets';
    const answer = await call(
      method,
      url,
      { ...headers, cookie },
      method === 'GET' ? undefined : {},
    );
    expect(answer.statusCode).toBe(status);
    if (status === 403) expect(answer.json().code).toBe('auth.cross_site');
  });

  it('cannot be begun by another site in the name of somebody else', async () => {
    const { key } = await rig.createTenant();
    const answer = await post(key, { 'sec-fetch-site': 'cross-site' });
    expect([answer.statusCode, answer.headers['set-cookie']]).toEqual([403, undefined]);
  });

  it('does not stand in the way of a request that carries a key', async () => {
    const [a, b] = [await signIn(), await rig.createTenant(['read'])];
    const both = { cookie: a.cookie, 'sec-fetch-site': 'cross-site', ...b.headers };
    expect((await call('GET', '/v1/session', both)).json().scopes).toEqual(['read']);
  });
});
