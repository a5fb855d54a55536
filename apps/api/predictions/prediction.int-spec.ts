import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { predictionSchema, problemSchema } from '#contracts';
import { claimShard, commitItems } from '#database';
import { newUuid } from '#contracts';
import { makeTemporaryDirectory, removeDirectory, usePostgres } from '#testing';
import { startApi, type ApiRig } from '../spec-rig.js';

const postgres = usePostgres();
let rig: ApiRig;
let directory: string;
let headers: Record<string, string>;

beforeAll(async () => {
  directory = await makeTemporaryDirectory();
  const env = { MAX_IMAGE_BYTES: '100000' };
  rig = await startApi({ databaseUrl: await postgres.createDatabase(), directory, env });
  await rig.serveModel('default');
});
beforeEach(async () => {
  ({ headers } = await rig.createTenant());
  rig.queue.tickets.length = 0;
});
afterAll(async () => {
  await rig?.close();
  await removeDirectory(directory);
});

const PNG = Buffer.from('\x89PNG\r\n\x1A\n and what follows', 'latin1');
const TASKS = JSON.stringify([{ type: 'caption' }]);

async function predict(
  parts: readonly (readonly [name: string, value: string | Buffer])[],
  prefer?: string,
) {
  const form = new FormData();
  for (const [name, value] of parts) {
    if (typeof value === 'string') form.append(name, value);
    else form.append(name, new Blob([new Uint8Array(value)]), 'cat.png');
  }
  const body = new Response(form);
  return rig.app.inject({
    method: 'POST',
    url: '/v1/predictions',
    headers: {
      ...headers,
      'content-type': body.headers.get('content-type')!,
      ...(prefer === undefined ? {} : { prefer }),
    },
    payload: Buffer.from(await body.arrayBuffer()),
  });
}

/** Does what a worker does with the first ticket that comes. */
async function workOnce(): Promise<void> {
  await expect.poll(() => rig.queue.tickets.length, { interval: 5 }).toBeGreaterThan(0);
  const shardId = rig.queue.tickets[0]!.split(' ')[2]!;
  expect(rig.queue.tickets[0]).toContain('default interactive');
  const workerId = newUuid();
  const lease = await claimShard(rig.database, { shardId, generation: 1 }, workerId, 60_000);
  const timings = { fetch_ms: 1, decode_ms: 1, encode_ms: 1, generate_ms: 1 };
  const answer = {
    task: 0,
    prompt: 'caption en',
    raw: 'a cat',
    text: 'a cat',
    boxes: [],
    confidence: 0.9,
    tokens: 3,
    end_reason: 'eos' as const,
    warnings: [],
  };
  const item = { n: 0, state: 'succeeded' as const, attempts: 1, answers: [answer] };
  await commitItems(rig.database, lease!, workerId, [{ ...item, width: 4, height: 3, timings }]);
}

describe('a prediction', () => {
  it('waits for its answer', async () => {
    const parts = [
      ['tasks', TASKS],
      ['image', PNG],
      ['model', 'default'],
    ] as const;
    const [response] = await Promise.all([predict(parts), workOnce()]);
    expect(response.statusCode).toBe(200);
    const { job, result } = predictionSchema.parse(response.json());
    expect(result).toMatchObject({ n: 0, state: 'succeeded', answers: [{ text: 'a cat' }] });
    expect(result?.image).toMatchObject({ name: 'cat.png', width: 4, height: 3 });
    expect(job).toMatchObject({ state: 'completed', outcome: 'succeeded' });
    expect(response.headers.location).toBe(`/v1/jobs/${job.id}`);
  });

  it('tells where to look when the client does not wait so long', async () => {
    const parts = [
      ['image', PNG],
      ['tasks', TASKS],
    ] as const;
    const asked = await Promise.all([predict(parts, 'respond-async'), predict(parts, 'wait=0')]);
    for (const response of asked) {
      expect(response.statusCode).toBe(202);
      const { job, result } = predictionSchema.parse(response.json());
      expect(result).toBeNull();
      const followed = await rig.app.inject({ url: String(response.headers.location), headers });
      expect(followed.json()).toMatchObject({ id: job.id, state: 'queued' });
    }
  });

  it('is refused with a reason', async () => {
    const image = ['image', PNG] as const;
    const tasks = ['tasks', TASKS] as const;
    const answers = await Promise.all([
      predict([tasks]),
      predict([image]),
      predict([image, ['tasks', '{']]),
      predict([image, ['tasks', '[{"type":"dance"}]']]),
      predict([image, image, tasks]),
      predict([['image', Buffer.from('text')], tasks]),
      predict([['image', Buffer.concat([PNG, Buffer.alloc(100_000)])], tasks]),
      predict([image, tasks, ['model', 'nobody']]),
    ]);
    expect(
      answers.map((answer) => [answer.statusCode, problemSchema.parse(answer.json()).code]),
    ).toEqual([
      [400, 'prediction.no_image'],
      [400, 'request.invalid'],
      [400, 'request.invalid'],
      [400, 'request.invalid'],
      [400, 'prediction.too_many_images'],
      [422, 'image.text'],
      [413, 'image.too_large'],
      [422, 'model.unknown'],
    ]);
    const jobs = await rig.app.inject({ url: '/v1/jobs', headers });
    expect(jobs.json()).toMatchObject({ data: [] });
  });

  it('ends its wait when the process is asked to stop', async () => {
    const own = await startApi({ databaseUrl: await postgres.createDatabase(), directory });
    await own.serveModel('default');
    const tenant = await own.createTenant();
    await own.app.listen(0, '127.0.0.1');
    const form = new FormData();
    form.append('image', new Blob([new Uint8Array(PNG)]), 'cat.png');
    form.append('tasks', TASKS);
    const waiting = fetch(new URL('/v1/predictions', await own.app.getUrl()), {
      method: 'POST',
      headers: tenant.headers,
      body: form,
    });
    await expect.poll(() => own.queue.tickets.length).toBe(1);
    await own.close();
    const response = await waiting;
    expect(response.status).toBe(202);
    expect(predictionSchema.parse(await response.json()).result).toBeNull();
  });
});
