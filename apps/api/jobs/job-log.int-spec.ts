import { beforeAll, describe, expect, it } from 'vitest';
import {
  imageSetSchema,
  jobLatencySchema,
  jobLogPageSchema,
  jobProgressSchema,
  jobSchema,
  newUuid,
  parsePublicId,
  publicId,
  resultPageSchema,
} from '#contracts';
import {
  cancelWaitingShards,
  claimShard,
  commitItems,
  forgetDeadWorkers,
  loseLease,
  registerWorker,
  releaseLease,
  removeWorker,
} from '#database';
import { stepEndMs } from '#pipeline';
import { usePostgres } from '#testing';
import { pictureForm } from '../isolation/owned.js';
import { keepWorker, useApi } from '../spec-rig.js';
import { endItems } from './job-fixture.js';

const worker = newUuid();

const rig = useApi(usePostgres());
beforeAll(async () => {
  await registerWorker(rig.database, {
    id: worker,
    host: 'gpu-1',
    pid: 1,
    model: { name: 'default', family: 'paligemma', imageSize: 224, note: null },
  });
  await keepWorker(rig.database, worker);
  await rig.database.query('UPDATE models SET task_ms = 500');
});

/** A job over two images. */
async function startJob() {
  const { headers, tenantId } = await rig.createTenant();
  const call = (method: 'GET' | 'POST', url: string, more: object = {}) =>
    rig.app.inject({ method, url, headers, ...more });
  const set = imageSetSchema.parse((await call('POST', '/v1/image-sets', { payload: {} })).json());
  for (const name of ['a.png', 'b.png']) {
    const form = pictureForm(name);
    await call('POST', `/v1/image-sets/${set.id}/images`, {
      payload: form.payload,
      headers: { ...headers, ...form.headers },
    });
  }
  const payload = { image_set: set.id, seal: true, tasks: [{ type: 'ocr' }], model: 'default' };
  const job = jobSchema.parse((await call('POST', '/v1/jobs', { payload })).json());
  const read = async (path: string) => (await call('GET', `/v1/jobs/${job.id}/${path}`)).json();
  const log = async (query = '') => jobLogPageSchema.parse(await read(`log${query}`));
  const progress = async () => jobProgressSchema.parse(await read('progress'));
  const latency = async () => jobLatencySchema.parse(await read('latency'));
  return { tenantId, set, job, log, progress, latency, call };
}

/** A worker takes the only shard of a job. */
async function claim(jobId: string, by = worker) {
  const [shard] = await rig.database.query<{ id: string; generation: number }>(
    `UPDATE shards SET state = 'dispatched', generation = generation + 1
     WHERE job_id = $1 AND state IN ('ready', 'dispatched') RETURNING id::text, generation`,
    [parsePublicId('job', jobId)],
  );
  const ticket = { shardId: shard!.id, generation: shard!.generation };
  return (await claimShard(rig.database, ticket, by, 60_000))!;
}

describe('the log of a job', () => {
  it('says what happened, in its order, and why', async () => {
    const { job, log } = await startJob();
    await releaseLease(rig.database, await claim(job.id));
    await loseLease(rig.database, await claim(job.id));
    await endItems(rig.database, job.id, (n) => (n === 0 ? 'image.undecodable' : undefined));
    const { data } = await log();
    expect(data.map(({ code, level }) => [code, level])).toEqual([
      ['job.queued', 'info'],
      ['job.running', 'info'],
      ['shard.given_back', 'info'],
      ['shard.lost', 'warning'],
      ['job.completed', 'warning'],
    ]);
    expect(data.at(-1)?.message).toBe('Every image has ended: 1 succeeded, 1 failed.');
    for (const { message } of data) expect(message).toMatch(/\.$/);
  });

  it('is read page by page, and by level', async () => {
    const { job, log } = await startJob();
    await loseLease(rig.database, { ...(await claim(job.id)), suspects: [0] });
    const whole = (await log()).data;
    const first = await log('?limit=1');
    const rest = await log(`?limit=100&cursor=${first.next_cursor}`);
    expect([...first.data, ...rest.data]).toEqual(whole);
    const warnings = (await log('?level=warning')).data;
    expect(warnings).toEqual(whole.filter(({ level }) => level === 'warning'));
    expect(warnings.map(({ message }) => message)).toEqual([
      'The engine crashed with 1 image inside; it runs again apart from the others.',
    ]);
  });
});

describe('the progress of a job', () => {
  it('says where its images are, who has them, and how long it may take', async () => {
    const { job, progress } = await startJob();
    const before = await progress();
    const open = before.stages.filter(({ stage }) => stage === 'waiting' || stage === 'queued');
    expect(open.reduce((sum, { items }) => sum + items, 0)).toBe(2);
    // Two images, one task of half a second each, one worker.
    expect(before).toMatchObject({ workers: [], isolated_items: 0, estimated_seconds: 1 });
    const lease = await claim(job.id);
    const during = await progress();
    expect(during.stages[2]).toEqual({ stage: 'working', shards: 1, items: 2 });
    expect(during.workers).toMatchObject([{ host: 'gpu-1', shards: 1, items: 2 }]);
    await loseLease(rig.database, { ...lease, suspects: [1] });
    expect((await progress()).isolated_items).toBe(1);
    await endItems(rig.database, job.id);
    const after = await progress();
    expect(after.stages.reduce((sum, { items }) => sum + items, 0)).toBe(0);
    expect(after.estimated_seconds).toBeNull();
  });
});

describe('the latency of a job', () => {
  const took = (generate_ms: number) => ({
    timings: { fetch_ms: 2, decode_ms: 8, encode_ms: 90, generate_ms },
  });
  const succeeded = (n: number, more: object = {}) =>
    ({ n, state: 'succeeded', attempts: 1, answers: [], ...more }) as const;
  const failed = (n: number) =>
    ({ n, state: 'failed', attempts: 1, error: { code: 'engine.crashed', detail: '' } }) as const;

  it('counts images as they end, each once, and neither failures nor what was known', async () => {
    const { job, latency } = await startJob();
    expect(await latency()).toMatchObject({ images: 0, p50_ms: null, p95_ms: null, buckets: [] });
    const lease = await claim(job.id);
    const first = succeeded(0, took(400));
    await commitItems(rig.database, lease, worker, [first]);
    // A commit whose reply was lost is sent again.
    await commitItems(rig.database, lease, worker, [first]);
    const one = await latency();
    expect(one).toMatchObject({ job: job.id, images: 1 });
    expect(one.buckets).toHaveLength(1);
    expect(one.buckets[0]!.above_ms).toBeLessThan(500);
    expect(one.buckets[0]!.up_to_ms).toBeGreaterThanOrEqual(500);
    await commitItems(rig.database, lease, worker, [failed(1)]);
    expect(await latency()).toEqual(one);
  });

  it('is as it was after a retry, with what succeeded then', async () => {
    const { job, latency, call } = await startJob();
    await commitItems(rig.database, await claim(job.id), worker, [
      succeeded(0, took(400)),
      failed(1),
    ]);
    await call('POST', `/v1/jobs/${job.id}/retry`, { payload: {} });
    expect((await latency()).images).toBe(1);
    await commitItems(rig.database, await claim(job.id), worker, [succeeded(1, took(3_900))]);
    const { images, p50_ms: half, p95_ms: most, buckets } = await latency();
    expect(images).toBe(2);
    expect(buckets.map((bucket) => bucket.images)).toEqual([1, 0, 0, 0, 0, 0, 1]);
    expect(half).toBeLessThan(520);
    expect(most).toBeGreaterThan(2_896);
  });

  it('begins anew when more is asked, and leaves out what nobody had to compute', async () => {
    const { job, latency, call } = await startJob();
    await commitItems(rig.database, await claim(job.id), worker, [
      succeeded(0, took(400)),
      succeeded(1),
    ]);
    expect((await latency()).images).toBe(1);
    const payload = { tasks: [{ type: 'caption' }] };
    expect((await call('POST', `/v1/jobs/${job.id}/extend`, { payload })).statusCode).toBe(202);
    expect((await latency()).images).toBe(0);
  });

  it('counts in the steps that it names', async () => {
    const rows = await rig.database.query<{ ms: number; step: number }>(
      `SELECT ms, latency_step(jsonb_build_object('fetch_ms', 0, 'decode_ms', 0, 'encode_ms', 0, 'generate_ms', ms)) AS step
       FROM unnest(ARRAY[0, 1, 1.01, 2, 499, 512, 513, 1e9]::float8[]) AS ms`,
    );
    for (const { ms, step } of rows.slice(0, -1)) {
      expect(ms).toBeLessThanOrEqual(stepEndMs(step) * (1 + 1e-9));
      if (step > 0) expect(ms).toBeGreaterThan(stepEndMs(step - 1));
    }
    expect(rows.map(({ step }) => step)).toEqual([0, 0, 1, 2, 18, 18, 19, 40]);
  });
});

describe('an item', () => {
  it('says which worker did it and since when that had it, also when the worker has gone', async () => {
    const { job, call } = await startJob();
    const first = newUuid();
    const model = { name: 'default', family: 'paligemma', imageSize: 224, note: null };
    await registerWorker(rig.database, { id: first, host: 'gpu-2', pid: 7, model });
    const lost = await claim(job.id, first);
    await commitItems(rig.database, lost, first, [{ n: 0, state: 'succeeded', attempts: 1 }]);
    await loseLease(rig.database, lost);
    await removeWorker(rig.database, first);
    const again = await claim(job.id);
    await commitItems(rig.database, again, worker, [{ n: 1, state: 'succeeded', attempts: 2 }]);
    const url = `/v1/jobs/${job.id}/results`;
    const { data } = resultPageSchema.parse((await call('GET', url)).json());
    expect(data.map((item) => [item.worker, item.attempts])).toEqual([
      [{ id: publicId('worker', first), host: 'gpu-2' }, 1],
      [{ id: publicId('worker', worker), host: 'gpu-1' }, 2],
    ]);
    const times = data.flatMap((item) => [item.leased_at!, item.finished_at]);
    expect(times).toEqual(times.toSorted());
    await rig.database.query(`UPDATE past_workers SET ended_at = now() - interval '91 days'`);
    await forgetDeadWorkers(rig.database);
    const later = resultPageSchema.parse((await call('GET', url)).json()).data;
    expect(later[0]!.worker).toEqual({ id: publicId('worker', first), host: null });
  });

  it('is found by its name, by its whole or by how it begins', async () => {
    const { job, call } = await startJob();
    await endItems(rig.database, job.id, (n) => (n === 1 ? 'image.undecodable' : undefined));
    const find = async (query: string) => {
      const page = (await call('GET', `/v1/jobs/${job.id}/results?${query}`)).json();
      return resultPageSchema.parse(page).data.map(({ image }) => image.name);
    };
    expect(await find('image=b.png.png')).toEqual(['b.png.png']);
    expect(await find('image=b')).toEqual([]);
    expect(await find('image_prefix=b')).toEqual(['b.png.png']);
    expect(await find('image_prefix=b&state=succeeded')).toEqual([]);
    expect(await find('image_prefix=b&image=a.png.png')).toEqual(['a.png.png']);
    expect((await call('GET', `/v1/jobs/${job.id}/results?image=`)).statusCode).toBe(400);
  });

  it('that nobody began names no worker', async () => {
    const { job, call } = await startJob();
    await call('POST', `/v1/jobs/${job.id}/cancel`);
    await cancelWaitingShards(rig.database, parsePublicId('job', job.id)!);
    const { data } = resultPageSchema.parse(
      (await call('GET', `/v1/jobs/${job.id}/results`)).json(),
    );
    expect(data.map((item) => [item.state, item.worker, item.leased_at])).toEqual([
      ['cancelled', null, null],
      ['cancelled', null, null],
    ]);
  });
});

describe('a set that is sealed', () => {
  it('is an event, as GET shows the set', async () => {
    const { tenantId, set, call } = await startJob();
    const [event] = await rig.database.query<{ data: object }>(
      `SELECT data FROM webhook_events WHERE tenant_id = $1 AND type = 'image_set.sealed'`,
      [tenantId],
    );
    expect(event?.data).toEqual((await call('GET', `/v1/image-sets/${set.id}`)).json());
  });
});
