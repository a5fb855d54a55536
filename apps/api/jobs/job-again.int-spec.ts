import { beforeAll, describe, expect, it } from 'vitest';
import { parsePublicId } from '#contracts';
import { usePostgres } from '#testing';
import { useApi } from '../spec-rig.js';
import { jobClient } from './job-client-fixture.js';
import { endItems } from './job-fixture.js';

const rig = useApi(usePostgres());
beforeAll(async () => {
  await rig.serveModel('default');
});

const client = () => jobClient(rig, 6);

/** 0 and 3 cannot be read, 5 takes the engine down. */
const codeOf = (n: number): string | undefined =>
  n === 5 ? 'engine.crashed' : n % 3 === 0 ? 'image.undecodable' : undefined;

describe('error counts', () => {
  it('say of what items failed, on the job and in its event, and find their items', async () => {
    const { get, job, results } = await client();
    await endItems(rig.database, job.id, codeOf);
    const done = await get();
    expect(done).toMatchObject({
      outcome: 'partly_failed',
      item_counts: { total: 6, succeeded: 3, failed: 3, cancelled: 0 },
      error_counts: { 'image.undecodable': 2, 'engine.crashed': 1 },
    });
    const [event] = await rig.database.query(
      `SELECT data FROM webhook_events WHERE subject_id = $1 AND type = 'job.finished'`,
      [parsePublicId('job', job.id)],
    );
    expect(event?.['data']).toEqual(done);
    expect((await results('?error_code=image.undecodable')).map(({ n }) => n)).toEqual([0, 3]);
    expect(await results('?error_code=image.missing')).toEqual([]);
  });
});

describe('retry', () => {
  it('does the failed items again and leaves the others as they are', async () => {
    const { call, get, job, results, url } = await client();
    await endItems(rig.database, job.id, codeOf);
    const before = await results('?state=succeeded');
    const retried = await call('POST', `${url}/retry`);
    expect([retried.statusCode, retried.json()]).toMatchObject([
      202,
      { state: 'queued', outcome: null, started_at: null, finished_at: null, error_counts: {} },
    ]);
    expect(retried.json().item_counts).toEqual({ total: 6, succeeded: 3, failed: 0, cancelled: 0 });
    expect(await results()).toEqual(before);
    const shards = await rig.database.query(
      `SELECT items::text, remaining, isolated FROM shards
       WHERE job_id = $1 AND state <> 'done' ORDER BY id`,
      [parsePublicId('job', job.id)],
    );
    expect(shards).toEqual([
      { items: '{[0,1),[3,4)}', remaining: 2, isolated: false },
      { items: '{[5,6)}', remaining: 1, isolated: true },
    ]);
    await endItems(rig.database, job.id);
    expect(await get()).toMatchObject({ outcome: 'succeeded', error_counts: {} });
    expect((await results()).filter(({ n }) => before.some((row) => row.n === n))).toEqual(before);
  });

  it('takes only items of the codes that are named', async () => {
    const { call, job, url } = await client();
    await endItems(rig.database, job.id, codeOf);
    const retried = await call('POST', `${url}/retry`, { error_codes: ['engine.crashed'] });
    expect(retried.json()).toMatchObject({
      item_counts: { failed: 2 },
      error_counts: { 'image.undecodable': 2 },
    });
  });

  it('of a cancelled job does what had not been done, if that is asked for', async () => {
    const { call, get, job, url } = await client();
    await endItems(rig.database, job.id, codeOf);
    await rig.database.query(
      `WITH undone AS (
         UPDATE items SET state = 'cancelled', error_code = NULL
         WHERE job_id = $1 AND n IN (1, 2) RETURNING 1
       ) UPDATE jobs SET state = 'cancelled', succeeded = 1, cancelled = 2 WHERE id = $1`,
      [parsePublicId('job', job.id)],
    );
    await call('POST', `${url}/retry`);
    await endItems(rig.database, job.id);
    // Not everything was done, so it does not look like it.
    expect(await get()).toMatchObject({ state: 'cancelled', outcome: 'cancelled' });
    const refused = await call('POST', `${url}/retry`);
    expect([refused.statusCode, refused.json().code]).toEqual([409, 'job.nothing_to_retry']);
    expect((await call('POST', `${url}/retry`, { cancelled: true })).statusCode).toBe(202);
    await endItems(rig.database, job.id);
    expect(await get()).toMatchObject({ state: 'completed', outcome: 'succeeded' });
  });

  it('is refused before the end, and happens once per Idempotency-Key', async () => {
    const { call, job, url } = await client();
    const early = await call('POST', `${url}/retry`);
    expect([early.statusCode, early.json().code]).toEqual([409, 'job.running']);
    await endItems(rig.database, job.id, codeOf);
    const key = { 'idempotency-key': 'again' };
    const first = await call('POST', `${url}/retry`, {}, key);
    const second = await call('POST', `${url}/retry`, {}, key);
    expect(second.json()).toEqual(first.json());
    expect(second.headers['idempotent-replayed']).toBe('true');
    const without = await call('POST', `${url}/retry`);
    expect([without.statusCode, without.json().code]).toEqual([409, 'job.running']);
    const odd = await call('POST', `${url}/retry`, { codes: ['a'] });
    expect([odd.statusCode, odd.json().code]).toEqual([400, 'request.invalid']);
  });
});

describe('restart', () => {
  it('makes a new job over the same set, with changes, that says where it comes from', async () => {
    const { call, get, job, url } = await client();
    const changes = { tasks: [{ type: 'caption' }], priority: 3, max_failure_rate: 0.5 };
    const made = await call('POST', `${url}/restart`, changes);
    expect(made.statusCode).toBe(202);
    const fresh = made.json();
    expect(made.headers.location).toBe(`/v1/jobs/${fresh.id}`);
    expect(fresh).toMatchObject({
      restarted_from: job.id,
      image_set: job.image_set,
      model: job.model,
      tasks: [{ type: 'caption', language: 'en' }],
      priority: 3,
      max_failure_rate: 0.5,
      state: 'queued',
      item_counts: { total: 6, succeeded: 0 },
    });
    expect(fresh.id).not.toBe(job.id);
    expect(await get()).toEqual(job);
    const again = await call('POST', `/v1/jobs/${fresh.id}/restart`);
    expect(again.json()).toMatchObject({
      ...changes,
      tasks: fresh.tasks,
      restarted_from: fresh.id,
    });
    expect((await call('GET', `/v1/jobs/${fresh.id}`)).json()).toEqual(fresh);
  });

  it('takes over everything but a deadline', async () => {
    const more = { name: 'n', metadata: { a: 'b' }, cache: false, timeout_seconds: 60 };
    const { call, job, url } = await jobClient(rig, 2, { ...more, failure_rate_min_items: 7 });
    expect(job.deadline_at).not.toBeNull();
    const fresh = (await call('POST', `${url}/restart`, {})).json();
    const { id: _, created_at: __, ...same } = job;
    expect(fresh).toMatchObject({ ...same, deadline_at: null, restarted_from: job.id });
    const unknown = await call('POST', `${url}/restart`, { model: 'nobody' });
    expect([unknown.statusCode, unknown.json().code]).toEqual([422, 'model.unknown']);
  });
});
