import { beforeAll, describe, expect, it } from 'vitest';
import { parsePublicId, type ItemResult } from '#contracts';
import { usePostgres } from '#testing';
import { useApi } from '../spec-rig.js';
import { jobClient } from './job-client-fixture.js';
import { endItems } from './job-fixture.js';

const rig = useApi(usePostgres(), { MAX_QUEUED_ITEMS: '10' });
beforeAll(async () => {
  await rig.serveModel('default');
});

const CAPTION = { tasks: [{ type: 'caption' }] };
/** 0 and 3 cannot be read. */
const codeOf = (n: number): string | undefined => (n % 3 === 0 ? 'image.undecodable' : undefined);
const problem = (answer: { statusCode: number; json: () => { code: string } }) => [
  answer.statusCode,
  answer.json().code,
];

async function endedJob(more: object = {}, failing = codeOf) {
  const client = await jobClient(rig, 6, more);
  await endItems(rig.database, client.job.id, failing);
  const said = async (query = '') =>
    ((await client.results(query)) as unknown as ItemResult[]).map(({ n, state, answers }) => [
      n,
      state,
      ...answers.map(({ task, raw }) => `${task} ${raw}`),
    ]);
  const end = (code: typeof codeOf = () => undefined) =>
    endItems(rig.database, client.job.id, code);
  return { ...client, said, end };
}

describe('extending', () => {
  it('asks the images that succeeded the new tasks alone; the old answers stay and can be read meanwhile', async () => {
    const { call, get, url, said, end } = await endedJob();
    const before = await said();
    const extended = await call('POST', `${url}/extend`, CAPTION);
    expect([extended.statusCode, extended.json()]).toMatchObject([
      202,
      {
        state: 'queued',
        outcome: null,
        started_at: null,
        finished_at: null,
        tasks: [{ type: 'ocr' }, { type: 'caption', language: 'en' }],
        item_counts: { total: 6, succeeded: 0, failed: 2, cancelled: 0 },
        error_counts: { 'image.undecodable': 2 },
      },
    ]);
    expect(extended.json().progress).toBeCloseTo(2 / 6);
    expect(await get()).toEqual(extended.json());
    expect(await said()).toEqual(before);
    await end();
    expect(await get()).toMatchObject({
      outcome: 'partly_failed',
      item_counts: { total: 6, succeeded: 4, failed: 2, cancelled: 0 },
      progress: 1,
    });
    expect(await said()).toEqual([
      [0, 'failed'],
      [1, 'succeeded', '0 ocr', '1 caption'],
      [2, 'succeeded', '0 ocr', '1 caption'],
      [3, 'failed'],
      [4, 'succeeded', '0 ocr', '1 caption'],
      [5, 'succeeded', '0 ocr', '1 caption'],
    ]);
  });

  it('leaves what failed before to a retry, which asks all tasks, or those that are not answered', async () => {
    const { call, get, url, said, end } = await endedJob();
    await call('POST', `${url}/extend`, CAPTION);
    await end((n) => (n === 4 ? 'engine.failed' : undefined));
    expect(await said('?state=failed')).toEqual([
      [0, 'failed'],
      [3, 'failed'],
      [4, 'failed', '0 ocr'],
    ]);
    const retried = await call('POST', `${url}/retry`);
    expect(retried.json().item_counts).toMatchObject({ succeeded: 3, failed: 0 });
    await end();
    expect(await get()).toMatchObject({ outcome: 'succeeded', error_counts: {} });
    expect(await said()).toEqual(
      [0, 1, 2, 3, 4, 5].map((n) => [n, 'succeeded', '0 ocr', '1 caption']),
    );
  });

  it('is told in the log, to webhooks and in the progress', async () => {
    const { call, job, url } = await endedJob();
    const extended = await call('POST', `${url}/extend`, CAPTION);
    const log = (await call('GET', `${url}/log`)).json().data as { code: string }[];
    expect(log.map(({ code }) => code)).toEqual([
      'job.queued',
      'job.completed',
      'job.extended',
      'job.queued',
    ]);
    expect(log[2]).toMatchObject({
      level: 'info',
      message: 'Opened again: 4 images are asked one more task.',
      detail: { tasks: 1, items: 4 },
    });
    const [event] = await rig.database.query(
      `SELECT data FROM webhook_events WHERE subject_id = $1 AND type = 'job.extended'`,
      [parsePublicId('job', job.id)],
    );
    expect(event?.['data']).toEqual(extended.json());
    const { stages } = (await call('GET', `${url}/progress`)).json();
    // The feed may have them already.
    const [waiting, queued] = stages as { items: number; shards: number }[];
    expect([waiting!.items + queued!.items, waiting!.shards + queued!.shards]).toEqual([4, 1]);
  });

  it('may happen again and again, up to the tasks that a job may have', async () => {
    const { call, url, said, end } = await endedJob({}, () => undefined);
    await call('POST', `${url}/extend`, { tasks: [{ type: 'caption' }, { type: 'ocr' }] });
    await end();
    await call('POST', `${url}/extend`, CAPTION);
    await end();
    expect((await said('?limit=1'))[0]).toEqual([
      0,
      'succeeded',
      '0 ocr',
      '1 caption',
      '2 ocr',
      '3 caption',
    ]);
    const many = { tasks: Array.from({ length: 13 }, () => ({ type: 'ocr' })) };
    const refused = await call('POST', `${url}/extend`, many);
    expect(problem(refused)).toEqual([409, 'job.too_many_tasks']);
    expect((await call('POST', `${url}/extend`, { tasks: many.tasks.slice(1) })).statusCode).toBe(
      202,
    );
  });

  it('of a cancelled job asks about what was done, and it ends as cancelled again', async () => {
    const { call, get, job, url, said, end } = await endedJob();
    await rig.database.query(
      `WITH undone AS (
         UPDATE items SET state = 'cancelled', answers = NULL WHERE job_id = $1 AND n IN (1, 2) RETURNING 1
       ) UPDATE jobs SET state = 'cancelled', succeeded = 2, cancelled = 2 WHERE id = $1`,
      [parsePublicId('job', job.id)],
    );
    const extended = await call('POST', `${url}/extend`, CAPTION);
    expect(extended.json().item_counts).toMatchObject({ succeeded: 0, failed: 2, cancelled: 2 });
    await end();
    expect(await get()).toMatchObject({ state: 'cancelled', item_counts: { succeeded: 2 } });
    await call('POST', `${url}/retry`, { cancelled: true });
    await end();
    expect(await get()).toMatchObject({ outcome: 'succeeded' });
    expect(await said()).toEqual(
      [0, 1, 2, 3, 4, 5].map((n) => [n, 'succeeded', '0 ocr', '1 caption']),
    );
  });
});

describe('an extension', () => {
  it('is refused before the end, for own tasks, without anything to ask about, and of odd bodies', async () => {
    const { call, url, end } = await jobClient(rig, 2).then((client) => ({
      ...client,
      end: (failing: typeof codeOf) => endItems(rig.database, client.job.id, failing),
    }));
    expect(problem(await call('POST', `${url}/extend`, CAPTION))).toEqual([409, 'job.running']);
    await end(() => 'image.missing');
    const nothing = await call('POST', `${url}/extend`, CAPTION);
    expect(problem(nothing)).toEqual([409, 'job.nothing_to_extend']);
    for (const body of [{}, { tasks: [] }, { ...CAPTION, model: 'default' }]) {
      expect(problem(await call('POST', `${url}/extend`, body))).toEqual([400, 'request.invalid']);
    }
    const own = await endedJob();
    await rig.database.query(`UPDATE jobs SET own_tasks = 1, tasks = '[]' WHERE id = $1`, [
      parsePublicId('job', own.job.id),
    ]);
    expect(problem(await own.call('POST', `${own.url}/extend`, CAPTION))).toEqual([
      409,
      'job.own_tasks',
    ]);
    const gone = await endedJob();
    await rig.database.query(`UPDATE jobs SET model = 'gone' WHERE id = $1`, [
      parsePublicId('job', gone.job.id),
    ]);
    const unknown = await gone.call('POST', `${gone.url}/extend`, CAPTION);
    expect(problem(unknown)).toEqual([422, 'model.unknown']);
    expect((await gone.get()).tasks).toEqual([{ type: 'ocr' }]);
  });

  it('happens once per Idempotency-Key', async () => {
    const { call, get, url } = await endedJob();
    const key = { 'idempotency-key': 'more' };
    const first = await call('POST', `${url}/extend`, CAPTION, key);
    const second = await call('POST', `${url}/extend`, CAPTION, key);
    expect(second.json()).toEqual(first.json());
    expect(second.headers['idempotent-replayed']).toBe('true');
    expect((await get()).tasks).toHaveLength(2);
  });

  it('counts against the quota as a new job does', async () => {
    const { call, order, url } = await endedJob({}, () => undefined);
    await call('POST', '/v1/jobs', order);
    const refused = await call('POST', `${url}/extend`, CAPTION);
    expect(problem(refused)).toEqual([429, 'quota.queued_items']);
    expect(refused.headers['retry-after']).toBe('10');
  });

  it('has limits of its own, and its failure rate leaves out what failed before', async () => {
    const limits = { max_failure_rate: 0.4, failure_rate_min_items: 1, timeout_seconds: 3_600 };
    const { call, get, job, url, end } = await endedJob(limits);
    const { deadline_at } = await get();
    const extended = (await call('POST', `${url}/extend`, CAPTION)).json();
    expect(extended).toMatchObject({ max_failure_rate: 0.4, deadline_at });
    await end();
    expect(await get()).toMatchObject({ stop_reason: null, outcome: 'partly_failed' });
    await rig.database.query(
      `UPDATE jobs SET deadline_at = now() - interval '1 day' WHERE id = $1`,
      [parsePublicId('job', job.id)],
    );
    const again = await call('POST', `${url}/extend`, { ...CAPTION, max_failure_rate: 0.9 });
    expect(again.json()).toMatchObject({ max_failure_rate: 0.9, deadline_at: null });
    await end();
    const timed = await call('POST', `${url}/extend`, { ...CAPTION, timeout_seconds: 60 });
    expect(Date.parse(timed.json().deadline_at)).toBeGreaterThan(Date.now());
    await end();
    const late = { ...CAPTION, deadline_at: '2020-01-01T00:00:00Z' };
    expect(problem(await call('POST', `${url}/extend`, late))).toEqual([
      422,
      'job.deadline_passed',
    ]);
  });
});
