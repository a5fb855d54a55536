import { beforeAll, describe, expect, it } from 'vitest';
import { cancelWaitingShards, expireJobs } from '#database';
import { usePostgres } from '#testing';
import { useApi } from '../spec-rig.js';
import { jobClient } from './job-client-fixture.js';
import { endItems } from './job-fixture.js';

const rig = useApi(usePostgres());
beforeAll(async () => {
  await rig.serveModel('default');
});

/** More than one shard, for one that ends whole stops nothing. */
const IMAGES = 600;
const everyFourth = (n: number): string | undefined => (n % 4 === 0 ? 'image.missing' : undefined);

describe('a failure rate', () => {
  it('stops a job that goes above it, which says so and keeps what it has', async () => {
    const { get, job, uuid, events } = await jobClient(rig, IMAGES, { max_failure_rate: 0.2 });
    await endItems(rig.database, job.id, everyFourth, 1);
    expect(await get()).toMatchObject({ state: 'cancelling', stop_reason: 'failure_rate' });
    await cancelWaitingShards(rig.database, uuid);
    const done = await get();
    expect(done).toMatchObject({ state: 'completed', outcome: 'failed', progress: 1 });
    expect(done.item_counts.succeeded).toBeGreaterThan(100);
    expect(done.item_counts.cancelled).toBeGreaterThan(0);
    expect((await events()).at(-1)).toEqual({ type: 'job.finished', data: done });
  });

  it.each([
    ['is not above it', { max_failure_rate: 0.25 }],
    ['has not ended enough images', { max_failure_rate: 0.1, failure_rate_min_items: 500 }],
    ['has no such limit', {}],
  ])('lets a job go on that %s', async (_, limits) => {
    const { get, job } = await jobClient(rig, IMAGES, limits);
    await endItems(rig.database, job.id, everyFourth, 1);
    expect(await get()).toMatchObject({ outcome: null, stop_reason: null });
    expect((await get()).state).not.toBe('cancelling');
  });
});

describe('a deadline', () => {
  const passed = `UPDATE jobs SET deadline_at = now() - interval '1 second' WHERE id = $1`;

  it('is a moment, or seconds from now', async () => {
    const at = '2099-01-01T01:00:00+01:00';
    const { job } = await jobClient(rig, 2, { deadline_at: at });
    expect(job.deadline_at).toBe('2099-01-01T00:00:00.000Z');
    const { job: timed } = await jobClient(rig, 2, { timeout_seconds: 3600 });
    const ms = Date.parse(timed.deadline_at!) - Date.parse(timed.created_at);
    expect(ms).toBe(3_600_000);
  });

  it('ends a job as expired, with what is done, and a retry does the rest', async () => {
    const { call, get, job, url, uuid, results } = await jobClient(rig, IMAGES, {
      timeout_seconds: 3600,
    });
    await endItems(rig.database, job.id, () => undefined, 1);
    await rig.database.query(passed, [uuid]);
    expect(await expireJobs(rig.database)).toBe(1);
    expect(await expireJobs(rig.database)).toBe(0);
    await cancelWaitingShards(rig.database, uuid);
    expect(await get()).toMatchObject({
      state: 'completed',
      outcome: 'expired',
      stop_reason: 'deadline',
    });
    expect(await results('?state=succeeded&limit=5')).toHaveLength(5);
    const listed = await call('GET', '/v1/jobs?outcome=expired');
    expect(listed.json().data).toHaveLength(1);
    const retried = await call('POST', `${url}/retry`, { cancelled: true });
    expect(retried.json()).toMatchObject({ deadline_at: null, stop_reason: null });
    await endItems(rig.database, job.id);
    expect(await get()).toMatchObject({ outcome: 'succeeded' });
  });

  it.each([
    [{ deadline_at: '2020-01-01T00:00:00Z' }, 422, 'job.deadline_passed'],
    [{ deadline_at: '2099-01-01T00:00:00Z', timeout_seconds: 5 }, 400, 'request.invalid'],
    [{ deadline_at: 'soon' }, 400, 'request.invalid'],
    [{ max_failure_rate: 1.5 }, 400, 'request.invalid'],
    [{ timeout_seconds: 0 }, 400, 'request.invalid'],
  ])('as %j is refused', async (limits, status, code) => {
    const { call, order, url } = await jobClient(rig, 2);
    for (const [path, body] of [
      ['/v1/jobs', { ...order, ...limits }],
      [`${url}/restart`, limits],
    ] as const) {
      const answer = await call('POST', path, body);
      expect([answer.statusCode, answer.json().code]).toEqual([status, code]);
    }
  });
});
