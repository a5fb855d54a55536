import { beforeAll, describe, expect, it } from 'vitest';
import { jobSchema, parsePublicId, type Job } from '#contracts';
import { usePostgres } from '#testing';
import { useApi } from '../spec-rig.js';

const rig = useApi(usePostgres());
beforeAll(async () => {
  await rig.serveModel('default');
  await rig.serveModel('other');
});

/** A tenant with sealed sets, and what it asks. */
async function client() {
  const { headers, tenantId } = await rig.createTenant();
  const call = (method: 'GET' | 'POST', url: string, payload?: object) =>
    rig.app.inject({ method, url, headers, payload });
  const [row] = await rig.database.query<{ id: string }>(
    `INSERT INTO image_sets (id, tenant_id, state, accepted)
     VALUES (gen_random_uuid(), $1, 'sealed', 3) RETURNING replace(id::text, '-', '') AS id`,
    [tenantId],
  );
  const image_set = `set_${row!.id}`;
  const create = async (more: object = {}): Promise<Job> =>
    jobSchema.parse(
      (
        await call('POST', '/v1/jobs', {
          image_set,
          tasks: [{ type: 'ocr' }],
          model: 'default',
          ...more,
        })
      ).json(),
    );
  const list = async (query: string): Promise<string[]> =>
    (await call('GET', `/v1/jobs?${query}`)).json().data.map((job: Job) => job.id);
  return { call, create, list, image_set };
}

const setState = (job: Job, change: string) =>
  rig.database.query(`UPDATE jobs SET ${change} WHERE id = $1`, [parsePublicId('job', job.id)]);

describe('pause and resume', () => {
  it('stop a job and let it go on, and are events', async () => {
    const { call, create } = await client();
    const job = await create();
    const url = `/v1/jobs/${job.id}`;
    for (const _ of [0, 1]) {
      const paused = await call('POST', `${url}/pause`);
      expect([paused.statusCode, paused.json().state]).toEqual([202, 'paused']);
    }
    expect((await call('GET', url)).json().state).toBe('paused');
    for (const _ of [0, 1]) {
      expect((await call('POST', `${url}/resume`)).json().state).toBe('queued');
    }
    const told = await rig.database.query<{ type: string; data: Job }>(
      'SELECT type, data FROM webhook_events WHERE subject_id = $1 ORDER BY id',
      [parsePublicId('job', job.id)],
    );
    expect(told.map(({ type, data }) => [type, data.state])).toEqual([
      ['job.created', 'queued'],
      ['job.paused', 'paused'],
      ['job.resumed', 'queued'],
    ]);
  });

  it('go back to running when a worker had begun', async () => {
    const { call, create } = await client();
    const job = await create();
    await setState(job, `state = 'running', started_at = now()`);
    await call('POST', `/v1/jobs/${job.id}/pause`);
    expect((await call('POST', `/v1/jobs/${job.id}/resume`)).json().state).toBe('running');
  });

  it('are refused when the job has ended or is being cancelled', async () => {
    const { call, create } = await client();
    const job = await create();
    await call('POST', `/v1/jobs/${job.id}/pause`);
    const cancelled = await call('POST', `/v1/jobs/${job.id}/cancel`);
    expect(cancelled.json().state).toBe('cancelling');
    for (const move of ['pause', 'resume']) {
      const answer = await call('POST', `/v1/jobs/${job.id}/${move}`);
      expect([answer.statusCode, answer.json().code]).toEqual([409, 'job.cancelling']);
    }
    await setState(job, `state = 'completed'`);
    for (const move of ['pause', 'resume']) {
      const answer = await call('POST', `/v1/jobs/${job.id}/${move}`);
      expect([answer.statusCode, answer.json().code]).toEqual([409, 'job.ended']);
    }
    expect((await call('POST', `/v1/jobs/${job.id}/cancel`)).statusCode).toBe(202);
  });
});

describe('a filter', () => {
  it('finds jobs by everything they can be found by, and by all of it together', async () => {
    const { call, create, list, image_set } = await client();
    const a = await create({ name: 'Summer 2025', metadata: { place: 'beach', year: '25' } });
    const b = await create({ model: 'other', metadata: { place: 'beach=sand' } });
    const c = await create({ name: 'winter' });
    await setState(a, `state = 'completed', succeeded = 3, created_at = '2025-06-01'`);
    await setState(b, `state = 'completed', failed = 3`);
    expect(await list('')).toEqual([c.id, b.id, a.id]);
    expect(await list('state=queued&state=paused')).toEqual([c.id]);
    expect(await list('outcome=succeeded')).toEqual([a.id]);
    expect(await list('outcome=failed&outcome=partly_failed')).toEqual([b.id]);
    expect(await list('model=other')).toEqual([b.id]);
    expect(await list('name=SUMMER')).toEqual([a.id]);
    expect(await list('name=%25')).toEqual([]);
    expect(await list('metadata=place=beach')).toEqual([a.id]);
    expect(await list('metadata=place%3Dbeach&metadata=year%3D25')).toEqual([a.id]);
    expect(await list('metadata=place=beach&metadata=year=26')).toEqual([]);
    expect(await list('metadata=place%3Dbeach%3Dsand')).toEqual([b.id]);
    expect(await list(`image_set=${image_set}&state=completed`)).toEqual([b.id, a.id]);
    expect(await list(`image_set=set_${'0'.repeat(32)}`)).toEqual([]);
    expect(await list('created_before=2025-07-01T00:00:00Z')).toEqual([a.id]);
    expect(await list('created_after=2025-07-01T00:00:00Z&state=completed')).toEqual([b.id]);
    const pages = await call('GET', '/v1/jobs?state=completed&limit=1');
    const next = await list(`state=completed&limit=1&cursor=${pages.json().next_cursor}`);
    expect([pages.json().data[0].id, ...next]).toEqual([b.id, a.id]);
  });

  it.each(['state=done', 'metadata=place', 'created_after=yesterday', 'outcome=fine'])(
    'that says %s is refused',
    async (query) => {
      const answer = await (await client()).call('GET', `/v1/jobs?${query}`);
      expect([answer.statusCode, answer.json().code]).toEqual([400, 'request.invalid']);
    },
  );
});

describe('many jobs', () => {
  it('are paused, resumed and cancelled by the filter of the list, a bounded number at a time', async () => {
    const [mine, theirs] = [await client(), await client()];
    const other = await theirs.create({ metadata: { batch: '1' } });
    const jobs: Job[] = [];
    for (let n = 0; n < 3; n += 1) jobs.push(await mine.create({ metadata: { batch: '1' } }));
    const spared = await mine.create();
    const ids = jobs.map((job) => job.id).toReversed();
    const filter = { metadata: 'batch=1' };
    const paused = await mine.call('POST', '/v1/jobs/pause', { filter, limit: 2 });
    expect([paused.statusCode, paused.json()]).toEqual([
      202,
      { object: 'moved_jobs', count: 2, data: ids.slice(0, 2), has_more: true },
    ]);
    const rest = (await mine.call('POST', '/v1/jobs/pause', { filter, limit: 2 })).json();
    expect(rest).toMatchObject({ count: 1, data: ids.slice(2), has_more: false });
    expect(await mine.list('state=paused')).toEqual(ids);
    await mine.call('POST', '/v1/jobs/resume', { filter: { state: 'paused' }, limit: 1 });
    expect(await mine.list('state=queued')).toEqual([spared.id, ids[0]]);
    const dry = await mine.call('POST', '/v1/jobs/cancel', { filter, dry_run: true, limit: 2 });
    expect(dry.json()).toEqual({
      object: 'moved_jobs',
      count: 3,
      data: ids.slice(0, 2),
      has_more: true,
    });
    const cancelled = await mine.call('POST', '/v1/jobs/cancel', { filter });
    expect(cancelled.json()).toMatchObject({ count: 3, has_more: false });
    expect((await mine.call('POST', '/v1/jobs/cancel', { filter })).json().count).toBe(0);
    expect(await mine.list('state=cancelling')).toEqual(ids);
    expect(await theirs.list('state=queued')).toEqual([other.id]);
    const all = await mine.call('POST', '/v1/jobs/cancel', { all: true });
    expect(all.json().data).toEqual([spared.id]);
  });

  it.each([{}, { filter: {} }, { filter: { state: 'done' } }, { filter: { stat: 'queued' } }])(
    'are not meant by %j',
    async (body) => {
      const answer = await (await client()).call('POST', '/v1/jobs/cancel', body);
      expect([answer.statusCode, answer.json().code]).toEqual([400, 'request.invalid']);
    },
  );
});
