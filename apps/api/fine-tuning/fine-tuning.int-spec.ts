import { beforeAll, describe, expect, it } from 'vitest';
import {
  fineTuningBasePageSchema,
  fineTuningEventPageSchema,
  fineTuningResultPrefix,
  fineTuningSchema,
  newUuid,
  parsePublicId,
  fileKey,
  fileSchema,
} from '#contracts';
import { claimFineTuning, commitFineTuningProgress, endFineTuning } from '#database';
import { usePostgres } from '#testing';
import { useApi, type ApiRig } from '../spec-rig.js';

const rig = useApi(usePostgres(), { MAX_TRAINING_FILE_BYTES: '1000' });
beforeAll(async () => {
  await rig.offerBase('tiny');
});

type Headers = Record<string, string>;
type Tenant = Awaited<ReturnType<ApiRig['createTenant']>>;

const URL = '/v1/fine-tuning/jobs';
const post = (url: string, headers: Headers, payload: object = {}) =>
  rig.app.inject({ method: 'POST', url, headers, payload });
const get = (url: string, headers: Headers) => rig.app.inject({ url, headers });

const part = (name: string, content: string, fileName?: string) =>
  `--b\r\nContent-Disposition: form-data; name="${name}"${fileName === undefined ? '' : `; filename="${fileName}"`}\r\n\r\n${content}\r\n`;

const upload = (headers: Headers, ...parts: string[]) =>
  rig.app.inject({
    method: 'POST',
    url: '/v1/files',
    headers: { ...headers, 'content-type': 'multipart/form-data; boundary=b' },
    payload: `${parts.join('')}--b--\r\n`,
  });

const LINES = '{"image":"a.png","prefix":"caption en","suffix":"a cat"}\n';

async function makeFile(headers: Headers): Promise<string> {
  return (await upload(headers, part('file', LINES, 'train.jsonl'))).json<{ id: string }>().id;
}

async function makeJob({ headers }: Tenant, more: object = {}) {
  const payload = { model: 'tiny', training_file: await makeFile(headers), ...more };
  return fineTuningSchema.parse((await post(URL, headers, payload)).json());
}

describe('files', () => {
  it('are kept as they were sent', async () => {
    const { headers, tenantId } = await rig.createTenant();
    const purpose = part('purpose', 'fine-tune');
    const answer = await upload(headers, purpose, part('file', LINES, 'in/train.jsonl'));
    expect(answer.statusCode).toBe(201);
    const file = fileSchema.parse(answer.json());
    expect(answer.headers.location).toBe(`/v1/files/${file.id}`);
    expect(file).toMatchObject({ filename: 'in/train.jsonl', bytes: LINES.length });
    const key = fileKey(tenantId, parsePublicId('file', file.id)!);
    expect(Buffer.from(await rig.store.read(key, 1000)).toString()).toBe(LINES);
    expect((await get(`/v1/files/${file.id}`, headers)).json()).toEqual(file);
    expect((await get('/v1/files', headers)).json()).toMatchObject({ data: [file] });
  });

  it('are refused when they are none, empty, two, too large or for something else', async () => {
    const { headers } = await rig.createTenant();
    const file = part('file', LINES, 'a');
    const answers = [
      await upload(headers, part('purpose', 'fine-tune')),
      await upload(headers, part('file', '', 'a')),
      await upload(headers, file, file),
      await upload(headers, part('file', 'x'.repeat(1001), 'a')),
      await upload(headers, part('purpose', 'assistants'), file),
      await post('/v1/files', headers),
    ];
    expect(answers.map((answer) => [answer.statusCode, answer.json().code])).toEqual([
      [400, 'file.none'],
      [400, 'file.empty'],
      [400, 'file.too_many'],
      [413, 'file.too_large'],
      [400, 'request.invalid'],
      [415, 'request.unsupported_media_type'],
    ]);
    expect((await get('/v1/files', headers)).json()).toMatchObject({ data: [] });
  });
});

describe('bases', () => {
  it('are those that trainers have had lately, by name', async () => {
    const { headers } = await rig.createTenant();
    const another = `a-${newUuid()}`;
    await rig.offerBase(another);
    const answer = await get('/v1/fine-tuning/bases', headers);
    const names = fineTuningBasePageSchema.parse(answer.json()).data.map(({ id }) => id);
    expect(names).toEqual(expect.arrayContaining([another, 'tiny']));
    expect(names).toEqual(names.toSorted());
    await rig.database.query(
      `UPDATE trainers SET seen_at = now() - interval '8 days' WHERE bases = $1`,
      [[another]],
    );
    const later = fineTuningBasePageSchema.parse(
      (await get('/v1/fine-tuning/bases', headers)).json(),
    );
    expect(later.data).not.toContainEqual({ object: 'fine_tuning.base', id: another });
    expect(later.data).toContainEqual({ object: 'fine_tuning.base', id: 'tiny' });
  });
});

describe('fine-tuning jobs', () => {
  it('show every default that they were given', async () => {
    const tenant = await rig.createTenant();
    const payload = {
      model: 'tiny',
      training_file: await makeFile(tenant.headers),
      suffix: 'cats',
      metadata: { who: 'me' },
    };
    const answer = await post(URL, tenant.headers, payload);
    expect(answer.statusCode).toBe(202);
    const job = fineTuningSchema.parse(answer.json());
    expect(answer.headers.location).toBe(`${URL}/${job.id}`);
    expect(job).toMatchObject({
      ...payload,
      state: 'queued',
      method: { type: 'lora', rank: 16, alpha: 32 },
      hyperparameters: { epochs: 3, learning_rate: 1e-4 },
      precision: 'int8',
      step: 0,
      steps: null,
      checkpoint_step: null,
      fine_tuned_model: null,
      error: null,
    });
    const full = await makeJob(tenant, { method: { type: 'full' } });
    expect(full.hyperparameters.learning_rate).toBe(1e-5);
    expect((await get(`${URL}/${job.id}`, tenant.headers)).json()).toEqual(job);
    const list = (await get(`${URL}?limit=1`, tenant.headers)).json();
    expect(list).toMatchObject({ data: [{ id: full.id }], has_more: true });
    const rest = await get(`${URL}?cursor=${list.next_cursor}`, tenant.headers);
    expect(rest.json()).toMatchObject({ data: [{ id: job.id }], has_more: false });
  });

  it('are refused with the reason', async () => {
    const { headers } = await rig.createTenant();
    const training_file = await makeFile(headers);
    const set = (await post('/v1/image-sets', headers)).json<{ id: string }>().id;
    const other = await makeFile((await rig.createTenant()).headers);
    const given = { model: 'tiny', training_file };
    const answers = await Promise.all(
      [
        { ...given, model: 'huge' },
        { ...given, training_file: other },
        { ...given, validation_file: other },
        { ...given, image_set: set },
        { ...given, image_set: set, seal: true },
        { ...given, method: { type: 'lora', rank: 0 } },
        { ...given, hyperparameters: { learning_rate: -1 } },
        { ...given, suffix: 'A b' },
      ].map((payload) => post(URL, headers, payload)),
    );
    expect(answers.map((answer) => [answer.statusCode, answer.json().code])).toEqual([
      [422, 'tuning.unknown_base'],
      [404, 'file.not_found'],
      [404, 'file.not_found'],
      [409, 'set.open'],
      [409, 'set.empty'],
      [400, 'request.invalid'],
      [400, 'request.invalid'],
      [400, 'request.invalid'],
    ]);
    expect(answers[0]?.json().detail).toContain('tiny');
    expect(answers[5]?.json().errors[0].pointer).toBe('/method/rank');
    expect((await get(URL, headers)).json()).toMatchObject({ data: [] });
  });

  it('are made once per Idempotency-Key', async () => {
    const { headers } = await rig.createTenant();
    const payload = { model: 'tiny', training_file: await makeFile(headers) };
    const keyed = { ...headers, 'idempotency-key': 'once' };
    const answers = await Promise.all(Array.from({ length: 8 }, () => post(URL, keyed, payload)));
    const made = answers.filter((answer) => answer.statusCode === 202);
    expect(made.length).toBeGreaterThan(0);
    expect(new Set(made.map((answer) => answer.json().id)).size).toBe(1);
    expect((await get(URL, headers)).json().data).toHaveLength(1);
    const again = await post(URL, keyed, payload);
    expect(again.headers['idempotent-replayed']).toBe('true');
    const mismatch = await post(URL, keyed, { ...payload, seed: 2 });
    expect([mismatch.statusCode, mismatch.json().code]).toEqual([422, 'idempotency.mismatch']);
  });

  it('tell their events page by page, and what came since', async () => {
    const tenant = await rig.createTenant();
    const { headers } = tenant;
    const base = newUuid();
    await rig.offerBase(base);
    const job = await makeJob(tenant, { model: base });
    const lease = (await claimFineTuning(rig.database, newUuid(), [base], 60_000))!;
    const events = [1, 2, 3].map((step) => ({
      type: 'step' as const,
      level: 'info' as const,
      message: `Step ${step}`,
      step,
      data: { loss: 1 / step },
    }));
    await commitFineTuningProgress(rig.database, lease, { events, steps: 30 });
    const url = `${URL}/${job.id}/events`;
    const first = fineTuningEventPageSchema.parse((await get(`${url}?limit=2`, headers)).json());
    expect(first.data.map((event) => event.type)).toEqual(['created', 'step']);
    const rest = await get(`${url}?cursor=${first.next_cursor}`, headers);
    expect(rest.json()).toMatchObject({ data: [{ n: 3 }, { n: 4, data: { loss: 1 / 3 } }] });
    const since = await get(`${url}?after=3`, headers);
    expect(since.json()).toMatchObject({ data: [{ n: 4 }], has_more: false });
    expect((await get(`${URL}/${job.id}`, headers)).json()).toMatchObject({
      state: 'running',
      step: 3,
      steps: 30,
    });
  });

  it('are cancelled and resumed', async () => {
    const tenant = await rig.createTenant();
    const { id } = await makeJob(tenant);
    const cancelled = await post(`${URL}/${id}/cancel`, tenant.headers);
    expect([cancelled.statusCode, cancelled.json().state]).toEqual([202, 'cancelled']);
    const resumed = await post(`${URL}/${id}/resume`, tenant.headers);
    expect([resumed.statusCode, resumed.json()]).toMatchObject([
      202,
      { state: 'queued', finished_at: null },
    ]);
  });

  it('have a result to download once they have succeeded, for their tenant alone', async () => {
    const [owner, other] = [await rig.createTenant(), await rig.createTenant()];
    const base = newUuid();
    await rig.offerBase(base);
    const job = await makeJob(owner, { model: base });
    const url = `${URL}/${job.id}/result`;
    const early = await get(url, owner.headers);
    expect([early.statusCode, early.json().code]).toEqual([409, 'tuning.not_finished']);
    const lease = (await claimFineTuning(rig.database, newUuid(), [base], 60_000))!;
    const name = `ft-${base}`;
    const model = { name, family: 'paligemma', imageSize: 28, storedAt: 'x', note: 'tuned' };
    await endFineTuning(rig.database, lease, { kind: 'succeeded', step: 5, model });
    const lost = await get(url, owner.headers);
    expect([lost.statusCode, lost.json().code]).toEqual([404, 'tuning.no_result']);
    const files = { 'adapter_config.json': '{}', 'adapter_model.safetensors': 'w'.repeat(3000) };
    const prefix = fineTuningResultPrefix(owner.tenantId, lease.jobId, lease.fence);
    for (const [file, content] of Object.entries(files)) {
      const bytes = Buffer.from(content);
      await rig.store.put(`${prefix}/${file}`, bytes, { bytes: bytes.length });
    }
    const answer = await get(url, owner.headers);
    expect([answer.statusCode, answer.headers]).toMatchObject([
      200,
      {
        'content-type': 'application/x-tar',
        'content-disposition': `attachment; filename="${name}.tar"`,
        'content-length': String(512 + 512 + 512 + 3072 + 1024),
      },
    ]);
    const archive = answer.rawPayload;
    expect(archive.length).toBe(Number(answer.headers['content-length']));
    expect(archive.toString('latin1', 0, 19)).toBe('adapter_config.json');
    expect(archive.toString('latin1', 512, 514)).toBe('{}');
    expect(archive.toString('latin1', 1536, 4536)).toBe(files['adapter_model.safetensors']);
    const stolen = await get(url, other.headers);
    expect([stolen.statusCode, stolen.json().code]).toEqual([404, 'tuning.not_found']);
  });

  it('end as a model that only their tenant can name, and that nobody gets unasked', async () => {
    const [owner, other] = [await rig.createTenant(), await rig.createTenant()];
    const base = newUuid();
    await rig.offerBase(base);
    await rig.serveModel('shared');
    const job = await makeJob(owner, { model: base });
    const lease = (await claimFineTuning(rig.database, newUuid(), [base], 60_000))!;
    const name = `ft-${base}`;
    const model = { name, family: 'paligemma', imageSize: 28, storedAt: 'x', note: 'tuned' };
    await endFineTuning(rig.database, lease, { kind: 'succeeded', step: 5, model });
    const done = (await get(`${URL}/${job.id}`, owner.headers)).json();
    expect(done).toMatchObject({ state: 'succeeded', fine_tuned_model: name });
    const order = async ({ headers }: Tenant, wanted?: string) => {
      const { id } = (await post('/v1/image-sets', headers)).json<{ id: string }>();
      const uuid = parsePublicId('set', id);
      await rig.database.query(
        `INSERT INTO images (set_id, n, name, sha256) VALUES ($1, 0, 'a', '\\x00')`,
        [uuid],
      );
      await rig.database.query('UPDATE image_sets SET accepted = 1 WHERE id = $1', [uuid]);
      const tasks = [{ type: 'caption' }];
      return post('/v1/jobs', headers, { image_set: id, seal: true, tasks, model: wanted });
    };
    const named = await order(owner, name);
    expect([named.statusCode, named.json().model]).toEqual([202, name]);
    expect((await order(owner)).json()).toMatchObject({ model: 'shared' });
    const stolen = await order(other, name);
    expect([stolen.statusCode, stolen.json().code]).toEqual([422, 'model.unknown']);
    expect(stolen.json().detail).not.toContain(`${name},`);
    const models = (await get('/v1/models', other.headers)).json().data as { id: string }[];
    expect(models.map((each) => each.id)).not.toContain(name);
    const refused = await post(`${URL}/${job.id}/resume`, owner.headers);
    expect([refused.statusCode, refused.json().code]).toEqual([409, 'tuning.finished']);
  });
});
