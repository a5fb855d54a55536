import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isWellFormedApiKey, type Key } from '#contracts';
import { cli } from '../testing/captured.js';
import { FakeApi } from '../testing/fake-api.js';

const ID = `key_${'0'.repeat(32)}`;
const AT = '2026-01-01T00:00:00.000Z';
const aKey = (more: Partial<Key> = {}): Key => ({
  object: 'api_key',
  id: ID,
  name: 'wallboard',
  hint: 'plt_abcd',
  scopes: ['read'],
  created_at: AT,
  expires_at: null,
  revoked_at: null,
  last_used_at: null,
  ...more,
});

let api: FakeApi;
let env: NodeJS.ProcessEnv;
beforeEach(async () => {
  api = await FakeApi.start();
  env = { PALLET_URL: api.url, PALLET_API_KEY: api.apiKey };
});
afterEach(() => api.stop());

describe('pallet keys', () => {
  it('create prints the key alone, and its id beside it', async () => {
    api.answerNext('/v1/api-keys', { status: 201, body: aKey({ key: 'plt_secret' }) });
    const args = ['keys', 'create', 'wallboard', '--scope', 'read', '--expires', '2099-01-31'];
    const { code, out, err } = await cli(args, { env });
    expect([code, out]).toEqual([0, 'plt_secret\n']);
    expect(err).toContain(ID);
    expect(api.received[0]?.json).toEqual({
      name: 'wallboard',
      scopes: ['read'],
      expires_at: '2099-01-31T00:00:00.000Z',
    });
  });

  it('ls follows all pages, and says which keys open nothing any more', async () => {
    const page = (data: Key[], next_cursor: string | null) => ({
      status: 200,
      body: { object: 'list', data, next_cursor, has_more: next_cursor !== null },
    });
    api.answerNext('/v1/api-keys', page([aKey({ revoked_at: AT })], 'more'));
    api.answerNext('/v1/api-keys', page([aKey({ expires_at: AT }), aKey()], null));
    const { out } = await cli(['keys', 'ls'], { env });
    expect(out.match(/ (revoked|expired|valid)\n/g)).toEqual([
      ' revoked\n',
      ' expired\n',
      ' valid\n',
    ]);
  });

  it('generate needs no server', async () => {
    const { code, out } = await cli(['keys', 'generate'], { env: {} });
    expect([code, isWellFormedApiKey(out.trim())]).toEqual([0, true]);
  });
});
