import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeApi, problem } from '../testing/fake-api.js';
import { anItem, JOB_ID, SET_ID } from '../testing/samples.js';
import { PalletClient } from './pallet-client.js';

let api: FakeApi;
let pauses: number[];
let client: PalletClient;

beforeEach(async () => {
  api = await FakeApi.start();
  pauses = [];
  const pause = async (ms: number): Promise<void> => void pauses.push(ms);
  client = new PalletClient({ url: `${api.url}/`, apiKey: api.apiKey, pause });
});
afterEach(() => api.stop());

const newJob = { image_set: SET_ID, tasks: [{ type: 'caption' as const }] };

describe('PalletClient', () => {
  it('sends the key, the body and the idempotency key', async () => {
    const job = await client.createJob(newJob, { idempotencyKey: 'once' });
    expect(job.id).toBe(JOB_ID);
    expect(api.received[0]).toMatchObject({
      json: { image_set: SET_ID, tasks: [{ type: 'caption' }] },
      headers: { authorization: 'Bearer plt_test', 'idempotency-key': 'once' },
    });
  });

  it('keeps fields that a newer server added', async () => {
    Object.assign(api.job, { colour: 'blue' });
    expect(await client.getJob(JOB_ID)).toHaveProperty('colour', 'blue');
  });

  it('turns problem+json into an ApiProblem with the code and the body', async () => {
    await expect(client.getJob('job_x')).rejects.toMatchObject({
      name: 'ApiProblem',
      code: 'job.not_found',
      problem: { status: 404, request_id: 'req_1' },
    });
  });

  it('makes a problem of an error page that is none', async () => {
    api.answerNext('/v1/models', { status: 403, body: '<h1>Forbidden</h1>' });
    await expect(client.listModels()).rejects.toMatchObject({ code: 'http.403' });
  });

  it('names what it does not understand in an answer', async () => {
    api.answerNext('/v1/models', { status: 200, body: { object: 'list', data: [{ id: 3 }] } });
    await expect(client.listModels()).rejects.toMatchObject({
      code: 'cli.unexpected_answer',
      message: expect.stringContaining('data.0'),
    });
  });

  it('reads every page and asks for no more than it needs', async () => {
    api.items = [0, 1, 2, 3, 4].map((n) => anItem(n));
    const read: number[] = [];
    for await (const item of client.results(JOB_ID, { state: 'succeeded' })) read.push(item.n);
    expect(read).toEqual([0, 1, 2, 3, 4]);
    expect(api.received.map(({ query }) => [query.get('cursor'), query.get('state')])).toEqual([
      [null, 'succeeded'],
      ['2', 'succeeded'],
      ['4', 'succeeded'],
    ]);
    const jobs = [];
    for await (const job of client.listJobs({ limit: 1 })) jobs.push(job.id);
    expect(jobs).toHaveLength(1);
    expect(api.received.at(-1)?.query.get('limit')).toBe('1');
  });
});

describe('retry', () => {
  it('repeats a GET after a dropped connection and a 503', async () => {
    api.answerNext(`/v1/jobs/${JOB_ID}`, 'drop', problem({ status: 503 }));
    expect((await client.getJob(JOB_ID)).id).toBe(JOB_ID);
    expect(api.received).toHaveLength(3);
    expect(pauses).toHaveLength(2);
  });

  it('waits as long as the server asks', async () => {
    api.answerNext(`/v1/jobs/${JOB_ID}`, problem({ status: 429, retry_after: 3 }));
    await client.getJob(JOB_ID);
    expect(pauses).toEqual([3000]);
  });

  it('gives up after four tries with the last answer', async () => {
    const busy = Array.from({ length: 4 }, () => problem({ status: 503, code: 'busy' }));
    api.answerNext(`/v1/jobs/${JOB_ID}`, ...busy);
    await expect(client.getJob(JOB_ID)).rejects.toMatchObject({ code: 'busy' });
    expect(api.received).toHaveLength(4);
  });

  it('repeats a POST only when it carries an idempotency key', async () => {
    api.answerNext('/v1/jobs', 'drop', 'drop');
    await expect(client.createJob(newJob)).rejects.toMatchObject({ code: 'cli.unreachable' });
    expect(api.received).toHaveLength(1);
    await client.createJob(newJob, { idempotencyKey: 'once' });
    expect(api.received).toHaveLength(3);
  });

  it('repeats after a conflict that the server says will pass', async () => {
    const conflict = problem({ status: 409, code: 'upload.content_removed', retry_after: 1 });
    api.answerNext(`/v1/jobs/${JOB_ID}`, conflict);
    await expect(client.getJob(JOB_ID)).resolves.toMatchObject({ id: JOB_ID });
    expect(api.received).toHaveLength(2);
  });

  it('never repeats what the server has refused', async () => {
    api.answerNext(`/v1/jobs/${JOB_ID}`, problem({ status: 409, code: 'conflict' }));
    await expect(client.getJob(JOB_ID)).rejects.toMatchObject({ code: 'conflict' });
    expect(api.received).toHaveLength(1);
  });

  it('ends with the reason of the abort, also while it pauses', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const impatient = new PalletClient({
      url: api.url,
      apiKey: api.apiKey,
      pause: async () => controller.abort(reason),
    });
    api.answerNext('/v1/models', problem({ status: 503 }));
    await expect(impatient.listModels({ signal: controller.signal })).rejects.toBe(reason);
  });
});
