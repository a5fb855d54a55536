import { beforeAll, describe, expect, it } from 'vitest';
import {
  imageSetSchema,
  jobLogPageSchema,
  jobProgressSchema,
  jobSchema,
  newUuid,
  parsePublicId,
} from '#contracts';
import { claimShard, loseLease, registerWorker, releaseLease } from '#database';
import { usePostgres } from '#testing';
import { pictureForm } from '../isolation/owned.js';
import { useApi } from '../spec-rig.js';
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
  return { tenantId, set, job, log, progress, call };
}

/** A worker takes the only shard of a job. */
async function claim(jobId: string) {
  const [shard] = await rig.database.query<{ id: string; generation: number }>(
    `UPDATE shards SET state = 'dispatched', generation = generation + 1
     WHERE job_id = $1 AND state IN ('ready', 'dispatched') RETURNING id::text, generation`,
    [parsePublicId('job', jobId)],
  );
  const ticket = { shardId: shard!.id, generation: shard!.generation };
  return (await claimShard(rig.database, ticket, worker, 60_000))!;
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
