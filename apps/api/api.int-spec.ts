import { describe, expect, it } from 'vitest';
import { Validator } from '@seriousme/openapi-schema-validator';
import { imageSetSchema, jobSchema, problemSchema } from '#contracts';
import { usePostgres } from '#testing';
import { useApi } from './spec-rig.js';

const rig = useApi(usePostgres());

const CAPTION = [{ type: 'caption' }];

interface Call {
  method?: 'GET' | 'POST';
  url: string;
  headers?: Record<string, string>;
  payload?: object | string;
}
const call = ({ method = 'GET', ...rest }: Call) => rig.app.inject({ method, ...rest });

describe('authentication', () => {
  it.each([
    ['nothing', {}],
    ['another scheme', { authorization: 'Basic YTpi' }],
    ['a malformed key', { authorization: 'Bearer plt_nonsense' }],
    ['a key nobody has', { authorization: 'Bearer plt_0000000000000000000000000000002C8GjS' }],
  ])('refuses %s', async (_, headers) => {
    const response = await call({ url: '/v1/jobs', headers });
    expect(response.statusCode).toBe(401);
    expect(response.headers['www-authenticate']).toMatch(/^Bearer/);
    expect(response.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(problemSchema.parse(response.json()).code).toMatch(/^auth\./);
  });

  it('lets a reading key read and nothing else', async () => {
    const { headers } = await rig.createTenant(['read']);
    expect((await call({ url: '/v1/jobs', headers })).statusCode).toBe(200);
    const refused = await call({ method: 'POST', url: '/v1/image-sets', headers, payload: {} });
    expect(refused.statusCode).toBe(403);
    expect(refused.json()).toMatchObject({ code: 'auth.scope' });
  });

  it('refuses a revoked key and one past its time', async () => {
    const { tenantId, headers } = await rig.createTenant();
    await rig.database.query('UPDATE api_keys SET revoked_at = now() WHERE tenant_id = $1', [
      tenantId,
    ]);
    expect((await call({ url: '/v1/jobs', headers })).statusCode).toBe(401);
    await rig.database.query(
      `UPDATE api_keys SET revoked_at = NULL, expires_at = now() - interval '1 s' WHERE tenant_id = $1`,
      [tenantId],
    );
    expect((await call({ url: '/v1/jobs', headers })).statusCode).toBe(401);
  });
});

describe('requests', () => {
  it('carry an id of the client, if it is sane', async () => {
    const headers = { 'x-request-id': 'abc-123' };
    const named = await call({ url: '/v1/jobs', headers });
    expect(named.headers['x-request-id']).toBe('abc-123');
    expect(named.json()).toMatchObject({ request_id: 'abc-123' });
    expect(named.headers['x-content-type-options']).toBe('nosniff');
    const odd = await call({ url: '/v1/jobs', headers: { 'x-request-id': 'a b"c' } });
    expect(odd.headers['x-request-id']).toMatch(/^req_[0-9a-f]{32}$/);
  });

  it('that are wrong are answered with problems', async () => {
    const { headers } = await rig.createTenant();
    const json = { ...headers, 'content-type': 'application/json' };
    const post = (payload: string, url = '/v1/image-sets', type = 'application/json') =>
      call({ method: 'POST', url, headers: { ...json, 'content-type': type }, payload });
    const answers = await Promise.all([
      post('{"name": '),
      post('[]'),
      post('{"name": 5}'),
      post('{"nome": "x"}'),
      post(`{"name": "${'x'.repeat(1_100_000)}"}`),
      post('<a/>', '/v1/image-sets', 'application/xml'),
      call({ url: '/v1/nothing', headers }),
      call({ url: '/v1/jobs?limit=0', headers }),
      call({ url: '/v1/jobs?cursor=%00', headers }),
      call({ url: '/v1/jobs/job_1', headers }),
      call({ url: '/v1/%zz', headers }),
      post('{}', '/v1/image-sets/set_019a0000000070008000000000000000/images'),
    ]);
    const seen = answers.map((answer) => [
      answer.statusCode,
      problemSchema.parse(answer.json()).code,
    ]);
    expect(seen).toEqual([
      [400, 'request.malformed'],
      [400, 'request.invalid'],
      [400, 'request.invalid'],
      [400, 'request.invalid'],
      [413, 'request.too_large'],
      [415, 'request.unsupported_media_type'],
      [404, 'route.not_found'],
      [400, 'request.invalid'],
      [400, 'cursor.invalid'],
      [404, 'job.not_found'],
      [400, 'request.malformed'],
      [404, 'set.not_found'],
    ]);
    for (const answer of answers) {
      expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
      expect(answer.body).not.toMatch(/at .*\.(ts|js)/);
    }
    expect(answers[2].json()).toMatchObject({ errors: [{ pointer: '/name' }] });
  });
});

describe('texts that Postgres cannot hold', () => {
  it('are refused with where they are', async () => {
    const { headers } = await rig.createTenant();
    const post = (url: string, payload: object) => call({ method: 'POST', url, headers, payload });
    const answers = await Promise.all([
      post('/v1/image-sets', { name: 'a\0b' }),
      post('/v1/image-sets', { metadata: { 'k\0': 'v' } }),
      post('/v1/image-sets', { metadata: { k: '\uD800' } }),
      post('/v1/jobs', { image_set: 'x', tasks: [{ type: 'prompt', prompt: 'a\uDFFF' }] }),
      call({ url: '/v1/jobs?model=%00', headers }),
    ]);
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([400, 400, 400, 400, 400]);
    expect(answers.map((answer) => answer.json().errors[0].pointer)).toEqual([
      '/name',
      '/metadata/k\uFFFD',
      '/metadata/k',
      '/tasks/0/prompt',
      '/model',
    ]);
  });
});

describe('image sets and jobs', () => {
  it('go from open to sealed to a job', async () => {
    const { headers } = await rig.createTenant();
    await rig.serveModel('default');
    const payload = { name: 'Summer', metadata: { place: 'beach' } };
    const created = await call({ method: 'POST', url: '/v1/image-sets', headers, payload });
    expect(created.statusCode).toBe(201);
    const set = imageSetSchema.parse(created.json());
    expect(created.headers.location).toBe(`/v1/image-sets/${set.id}`);
    expect(set).toMatchObject({
      ...payload,
      state: 'open',
      image_counts: { accepted: 0, refused: 0 },
    });

    const url = `/v1/image-sets/${set.id}`;
    const empty = await call({ method: 'POST', url: `${url}/seal`, headers });
    expect([empty.statusCode, empty.json().code]).toEqual([409, 'set.empty']);
    const order = { image_set: set.id, tasks: CAPTION };
    const open = await call({ method: 'POST', url: '/v1/jobs', headers, payload: order });
    expect([open.statusCode, open.json().code]).toEqual([409, 'set.open']);
    await addImages(set.id, 3);
    const seals = [0, 1].map(() => call({ method: 'POST', url: `${url}/seal`, headers }));
    const [first, second] = await Promise.all(seals);
    expect([first!.statusCode, second!.statusCode]).toEqual([200, 200]);
    expect(second!.json()).toEqual(first!.json());

    const answer = await call({ method: 'POST', url: '/v1/jobs', headers, payload: order });
    expect(answer.statusCode).toBe(202);
    const job = jobSchema.parse(answer.json());
    expect(answer.headers.location).toBe(`/v1/jobs/${job.id}`);
    expect(job).toMatchObject({ state: 'queued', outcome: null, progress: 0, model: 'default' });
    expect(job.item_counts.total).toBe(3);
    expect((await call({ url: `/v1/jobs/${job.id}`, headers })).json()).toEqual(job);
    await expect.poll(() => rig.queue.tickets.length).toBeGreaterThan(0);

    const cancelled = await call({ method: 'POST', url: `/v1/jobs/${job.id}/cancel`, headers });
    expect([cancelled.statusCode, cancelled.json().state]).toEqual([202, 'cancelling']);
  });

  it('name the known models when the wanted one is not there', async () => {
    const { headers } = await rig.createTenant();
    await rig.serveModel('cats');
    const image_set = await sealedSet(headers, 1);
    const payload = { image_set, tasks: CAPTION, model: 'dogs' };
    const answer = await call({ method: 'POST', url: '/v1/jobs', headers, payload });
    expect([answer.statusCode, answer.json().code]).toEqual([422, 'model.unknown']);
    expect(answer.json().detail).toContain('cats');
  });

  it('keep working while the queue is away', async () => {
    const { headers } = await rig.createTenant();
    await rig.serveModel('default');
    const image_set = await sealedSet(headers, 1);
    rig.queue.isDown = true;
    try {
      const payload = { image_set, tasks: CAPTION };
      const answer = await call({ method: 'POST', url: '/v1/jobs', headers, payload });
      expect(answer.statusCode).toBe(202);
      const ready = await call({ url: '/health/ready' });
      expect([ready.statusCode, ready.json().status]).toEqual([200, 'degraded']);
    } finally {
      rig.queue.isDown = false;
    }
    expect((await call({ url: '/health/ready' })).json().status).toBe('ready');
  });
});

describe('Idempotency-Key', () => {
  const order = async (headers: Record<string, string>) => {
    await rig.serveModel('default');
    return { image_set: await sealedSet(headers, 2), tasks: CAPTION };
  };
  const send = (headers: Record<string, string>, key: string, payload: object) =>
    call({
      method: 'POST',
      url: '/v1/jobs',
      headers: { ...headers, 'idempotency-key': key },
      payload,
    });
  const countJobs = async (headers: Record<string, string>) =>
    (await call({ url: '/v1/jobs', headers })).json().data.length as number;

  it('gives the first answer again', async () => {
    const { headers } = await rig.createTenant();
    const payload = await order(headers);
    const first = await send(headers, 'a', payload);
    const again = await send(headers, '"a"', payload);
    expect(first.headers['idempotent-replayed']).toBeUndefined();
    expect(again.headers['idempotent-replayed']).toBe('true');
    expect([again.statusCode, again.headers.location]).toEqual([202, first.headers.location]);
    expect(again.json()).toEqual(first.json());
    expect(await countJobs(headers)).toBe(1);
  });

  it('refuses another request under the same key, and a malformed key', async () => {
    const { headers } = await rig.createTenant();
    const payload = await order(headers);
    await send(headers, 'a', payload);
    const other = await send(headers, 'a', { ...payload, priority: 1 });
    expect([other.statusCode, other.json().code]).toEqual([422, 'idempotency.mismatch']);
    const odd = await send(headers, 'a b', payload);
    expect([odd.statusCode, odd.json().code]).toEqual([400, 'idempotency.invalid_key']);
  });

  it('belongs to its tenant', async () => {
    const [a, b] = [await rig.createTenant(), await rig.createTenant()];
    const answers = [
      await send(a.headers, 'k', await order(a.headers)),
      await send(b.headers, 'k', await order(b.headers)),
    ];
    expect(answers.map((answer) => answer.statusCode)).toEqual([202, 202]);
    expect(answers[1]!.headers['idempotent-replayed']).toBeUndefined();
  });

  it('keeps nothing of a request that failed', async () => {
    const { headers } = await rig.createTenant();
    const payload = await order(headers);
    const failed = await send(headers, 'a', { ...payload, model: 'nobody' });
    expect(failed.statusCode).toBe(422);
    expect((await send(headers, 'a', payload)).statusCode).toBe(202);
  });

  it('makes one job of many requests at once', async () => {
    const { headers } = await rig.createTenant();
    const payload = await order(headers);
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => send(headers, 'a', payload)),
    );
    const statuses = new Set(answers.map((answer) => answer.statusCode));
    expect([...statuses].every((status) => status === 202 || status === 409)).toBe(true);
    expect(statuses.has(202)).toBe(true);
    const ids = answers
      .filter((answer) => answer.statusCode === 202)
      .map((answer) => answer.json().id);
    expect(new Set(ids).size).toBe(1);
    expect(await countJobs(headers)).toBe(1);
  });
});

describe('the description', () => {
  it('is valid OpenAPI 3.1', async () => {
    const response = await call({ url: '/openapi.json' });
    expect(response.statusCode).toBe(200);
    const document = response.json();
    const result = await new Validator().validate(structuredClone(document));
    expect(result.errors ?? []).toEqual([]);
    expect(result.valid).toBe(true);
    expect(document.openapi).toBe('3.1.0');
    const operations = Object.values<Record<string, { operationId: string }>>(document.paths)
      .flatMap((path) => Object.values(path).map((operation) => operation.operationId))
      .toSorted();
    expect(operations).toEqual([
      'abortUpload',
      'addKnownImages',
      'cancelBatch',
      'cancelExport',
      'cancelFineTuningJob',
      'cancelImport',
      'cancelJob',
      'cancelJobs',
      'completeUpload',
      'createBatch',
      'createChatCompletion',
      'createExport',
      'createFile',
      'createFineTuningJob',
      'createImageSet',
      'createJob',
      'createKey',
      'createModelImport',
      'createPartUrls',
      'createPrediction',
      'createResponse',
      'createSession',
      'createUpload',
      'createWebhook',
      'deleteCorrection',
      'deleteFile',
      'deleteImageSet',
      'deleteImages',
      'deleteSession',
      'deleteWebhook',
      'downloadFile',
      'downloadFineTuningResult',
      'drainWorker',
      'exportCorrections',
      'exportJob',
      'extendJob',
      'followEvents',
      'followJob',
      'getBatch',
      'getExport',
      'getFile',
      'getFineTuningJob',
      'getImageSet',
      'getImport',
      'getJob',
      'getJobLatency',
      'getJobProgress',
      'getLiveness',
      'getModelImport',
      'getQueue',
      'getReadiness',
      'getSeries',
      'getSession',
      'getSystemQueue',
      'getThumbnail',
      'getUpload',
      'getUsage',
      'getWebhook',
      'getWebhookDelivery',
      'importImages',
      'listBatches',
      'listCorrections',
      'listExports',
      'listFiles',
      'listFineTuningBases',
      'listFineTuningCheckpoints',
      'listFineTuningEvents',
      'listFineTuningJobs',
      'listImageSets',
      'listImports',
      'listJobLog',
      'listJobs',
      'listKeys',
      'listModelImports',
      'listModels',
      'listRefusedFiles',
      'listResults',
      'listUploadParts',
      'listWebhookDeliveries',
      'listWebhooks',
      'listWorkers',
      'pauseJob',
      'pauseJobs',
      'previewJob',
      'putCorrection',
      'recoverWebhook',
      'resendWebhookDelivery',
      'restartJob',
      'resumeFineTuningJob',
      'resumeJob',
      'resumeJobs',
      'retryJob',
      'retryJobs',
      'revokeKey',
      'rotateWebhookSecret',
      'sealImageSet',
      'testWebhook',
      'updateModelImport',
      'updateWebhook',
      'uploadImages',
    ]);
    expect(Object.keys(document.components.schemas)).toEqual(
      expect.arrayContaining([
        'Job',
        'Task',
        'Answer',
        'ImageSet',
        'UploadReport',
        'Problem',
        'CreateJob',
      ]),
    );
    expect(document.paths['/v1/jobs'].post.responses['422'].content).toHaveProperty([
      'application/problem+json',
    ]);
    expect(document.paths['/health/live'].get.security).toEqual([]);
  });
});

async function addImages(setId: string, count: number): Promise<void> {
  const hex = setId.slice('set_'.length);
  await rig.database.query(
    `INSERT INTO images (set_id, n, name, sha256)
     SELECT $1::uuid, n, 'image-' || n, sha256(n::text::bytea) FROM generate_series(0, $2::int - 1) AS n`,
    [hex, count],
  );
  await rig.database.query('UPDATE image_sets SET accepted = $2 WHERE id = $1::uuid', [hex, count]);
}

async function sealedSet(headers: Record<string, string>, count: number): Promise<string> {
  const created = await call({ method: 'POST', url: '/v1/image-sets', headers, payload: {} });
  const { id } = created.json<{ id: string }>();
  await addImages(id, count);
  await call({ method: 'POST', url: `/v1/image-sets/${id}/seal`, headers });
  return id;
}
