import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeTemporaryDirectory, removeDirectory, usePostgres } from '#testing';
import { startApi, type ApiRig } from '../spec-rig.js';

const postgres = usePostgres();
let rig: ApiRig;
let directory: string;

beforeAll(async () => {
  directory = await makeTemporaryDirectory();
  const dashboard = join(directory, 'dashboard');
  await mkdir(join(dashboard, 'assets'), { recursive: true });
  await writeFile(join(dashboard, 'index.html'), '<title>Pallet</title>');
  await writeFile(join(dashboard, 'assets', 'index-abc.js'), 'run()');
  await writeFile(join(directory, 'secret'), 'secret');
  rig = await startApi({ databaseUrl: await postgres.createDatabase(), directory, dashboard });
});
afterAll(async () => {
  await rig?.close();
  await removeDirectory(directory);
});

const get = (url: string, headers: Record<string, string> = {}) => rig.app.inject({ url, headers });

it.each(['/', '/jobs', '/jobs/job_1/items/4', '/new', '/operate', '/operate/webhooks/whe_1'])(
  'shows the page at %s',
  async (url) => {
    const answer = await get(url);
    expect([answer.statusCode, answer.body]).toEqual([200, '<title>Pallet</title>']);
    expect(answer.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
    });
    const policy = String(answer.headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self';");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
  },
);

it('sends files packed, for good, and not twice', async () => {
  const answer = await get('/assets/index-abc.js', { 'accept-encoding': 'gzip, br' });
  expect(gunzipSync(answer.rawPayload).toString()).toBe('run()');
  expect(answer.headers['cache-control']).toBe('public, max-age=31536000, immutable');
  const etag = String(answer.headers.etag);
  const again = await get('/assets/index-abc.js', { 'if-none-match': etag });
  expect([again.statusCode, again.body]).toEqual([304, '']);
  expect((await get('/assets/index-abc.js')).body).toBe('run()');
});

it.each(['/assets/none.js', '/assets/..%2F..%2Fsecret', '/assets/../../secret', '/v1/none'])(
  'answers %s as anything else that is not there',
  async (url) => {
    const answer = await get(url);
    expect([answer.statusCode, answer.json().code]).toEqual([404, 'route.not_found']);
  },
);
