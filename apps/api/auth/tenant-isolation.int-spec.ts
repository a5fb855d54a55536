import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeTemporaryDirectory, removeDirectory, usePostgres } from '#testing';
import { startApi, type ApiRig } from '../spec-rig.js';

const postgres = usePostgres();
let rig: ApiRig;
let directory: string;

beforeAll(async () => {
  directory = await makeTemporaryDirectory();
  rig = await startApi({ databaseUrl: await postgres.createDatabase(), directory });
});
afterAll(async () => {
  await rig?.close();
  await removeDirectory(directory);
});

const PNG = '\x89PNG\r\n\x1A\n and what follows';
const multipart = {
  'content-type': 'multipart/form-data; boundary=b',
  body: `--b\r\nContent-Disposition: form-data; name="f"; filename="a.png"\r\n\r\n${PNG}\r\n--b--\r\n`,
};

type Headers = Record<string, string>;

interface Ids {
  set: string;
  job: string;
  file: string;
  tuning: string;
  webhook: string;
  delivery: string;
}

async function makeAll(headers: Headers): Promise<Ids> {
  const post = async (url: string, payload: object | string = {}, more: Headers = {}) =>
    (
      await rig.app.inject({ method: 'POST', url, headers: { ...headers, ...more }, payload })
    ).json<{ id: string }>();
  const { id: set } = await post('/v1/image-sets');
  await post(`/v1/image-sets/${set}/images`, Buffer.from(multipart.body, 'latin1'), {
    'content-type': multipart['content-type'],
  });
  const { id: job } = await post('/v1/jobs', {
    image_set: set,
    seal: true,
    tasks: [{ type: 'caption' }],
  });
  const { id: file } = await post('/v1/files', Buffer.from(multipart.body, 'latin1'), {
    'content-type': multipart['content-type'],
  });
  const { id: tuning } = await post('/v1/fine-tuning/jobs', { model: 'base', training_file: file });
  const { id: webhook } = await post('/v1/webhooks', { url: 'https://example.com/' });
  const { id: delivery } = await post(`/v1/webhooks/${webhook}/test`);
  return { set, job, file, tuning, webhook, delivery };
}

const idFor = (path: string, ids: Ids): string => {
  if (path.includes('/image-sets/')) return ids.set;
  if (path.includes('/files/')) return ids.file;
  if (path.includes('/webhooks/')) return ids.webhook;
  return path.includes('/fine-tuning/') ? ids.tuning : ids.job;
};

/** Where nothing is no valid request. */
function bodyFor({ method, url }: { method: string; url: string }): object | undefined {
  if (url.endsWith('/recover')) return { since: '2026-01-01T00:00:00Z' };
  return method === 'PATCH' || url.endsWith('/rotate') ? {} : undefined;
}

/** Every route of the API's own description that names a resource, for the ids given. */
async function routesWithIds(ids: Ids) {
  const document = (await rig.app.inject({ url: '/openapi.json' })).json<{
    paths: Record<string, Record<string, unknown>>;
  }>();
  return (
    Object.entries(document.paths)
      .filter(([path]) => path.includes('{'))
      .flatMap(([path, verbs]) =>
        Object.keys(verbs).map((verb) => ({
          method: verb.toUpperCase() as 'GET' | 'POST' | 'PATCH' | 'DELETE',
          url: path.replace('{id}', idFor(path, ids)).replace('{delivery}', ids.delivery),
        })),
      )
      // What is removed, its owner does not find either.
      .toSorted((a, b) => Number(a.method === 'DELETE') - Number(b.method === 'DELETE'))
  );
}

describe('tenants', () => {
  it('see nothing of each other on any route', async () => {
    await rig.serveModel('default');
    await rig.offerBase('base');
    const [owner, other] = [await rig.createTenant(), await rig.createTenant()];
    const ids = await makeAll(owner.headers);
    const routes = await routesWithIds(ids);
    expect(
      routes.map(({ method, url }) => `${method} ${url.replaceAll(/_[0-9a-f]{32}/g, '')}`),
    ).toEqual(
      expect.arrayContaining([
        'GET /v1/image-sets/set',
        'POST /v1/image-sets/set/images',
        'POST /v1/image-sets/set/seal',
        'GET /v1/image-sets/set/refused',
        'GET /v1/jobs/job',
        'GET /v1/jobs/job/results',
        'GET /v1/jobs/job/export',
        'POST /v1/jobs/job/cancel',
        'GET /v1/files/file',
        'GET /v1/fine-tuning/jobs/ft',
        'GET /v1/fine-tuning/jobs/ft/events',
        'GET /v1/fine-tuning/jobs/ft/checkpoints',
        'POST /v1/fine-tuning/jobs/ft/cancel',
        'POST /v1/fine-tuning/jobs/ft/resume',
        'GET /v1/webhooks/whe',
        'PATCH /v1/webhooks/whe',
        'DELETE /v1/webhooks/whe',
        'POST /v1/webhooks/whe/rotate',
        'POST /v1/webhooks/whe/test',
        'POST /v1/webhooks/whe/recover',
        'GET /v1/webhooks/whe/deliveries',
        'GET /v1/webhooks/whe/deliveries/whd',
        'POST /v1/webhooks/whe/deliveries/whd/resend',
      ]),
    );
    for (const route of routes) {
      const upload = route.url.endsWith('/images');
      const payload = upload ? Buffer.from(multipart.body, 'latin1') : bodyFor(route);
      const type: Headers = upload ? { 'content-type': multipart['content-type'] } : {};
      const call = (headers: Headers) =>
        rig.app.inject({ ...route, headers: { ...headers, ...type }, payload });
      const stolen = await call(other.headers);
      expect([route.url, stolen.statusCode]).toEqual([route.url, 404]);
      expect(stolen.json()).toMatchObject({ code: expect.stringMatching(/\.not_found$/) });
      // The owner gets through, so the 404 is about whose it is.
      expect([route.url, (await call(owner.headers)).statusCode]).not.toEqual([route.url, 404]);
    }
  });

  it('cannot make a job of each other’s set, nor see it in a list', async () => {
    await rig.serveModel('default');
    await rig.offerBase('base');
    const [owner, other] = [await rig.createTenant(), await rig.createTenant()];
    const { set } = await makeAll(owner.headers);
    for (const seal of [false, true]) {
      const payload = { image_set: set, seal, tasks: [{ type: 'ocr' }] };
      const { headers } = other;
      const answer = await rig.app.inject({ method: 'POST', url: '/v1/jobs', headers, payload });
      expect(answer.statusCode).toBe(404);
    }
    for (const url of [
      '/v1/jobs',
      '/v1/image-sets',
      '/v1/files',
      '/v1/fine-tuning/jobs',
      '/v1/webhooks',
    ]) {
      const list = await rig.app.inject({ url, headers: other.headers });
      expect(list.json()).toMatchObject({ data: [], has_more: false });
    }
  });
});
