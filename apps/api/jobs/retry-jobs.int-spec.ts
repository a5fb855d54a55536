import { beforeAll, describe, expect, it } from 'vitest';
import { parsePublicId, retriedJobsSchema, type Job } from '#contracts';
import { usePostgres } from '#testing';
import { useApi } from '../spec-rig.js';
import { jobClient } from './job-client-fixture.js';
import { endItems } from './job-fixture.js';

const rig = useApi(usePostgres(), { MAX_QUEUED_ITEMS: '20' });
beforeAll(async () => {
  await rig.serveModel('default');
});

const IMAGES = 6;
/** 0 and 3 are missing, 5 takes the engine down. */
const codeOf = (n: number): string | undefined =>
  n === 5 ? 'engine.crashed' : n % 3 === 0 ? 'image.missing' : undefined;

/** A tenant with jobs that ended so, oldest first. */
async function client(count: number) {
  const first = await jobClient(rig, IMAGES);
  const jobs = [first.job];
  await endItems(rig.database, first.job.id, codeOf);
  while (jobs.length < count) {
    const job = (await first.call('POST', '/v1/jobs', first.order)).json<Job>();
    await endItems(rig.database, job.id, codeOf);
    jobs.push(job);
  }
  const retry = async (body: object) =>
    retriedJobsSchema.parse((await first.call('POST', '/v1/jobs/retry', body)).json());
  const get = async (job: Job): Promise<Job> =>
    (await first.call('GET', `/v1/jobs/${job.id}`)).json();
  return { ...first, jobs, retry, get, ids: jobs.map(({ id }) => id).toReversed() };
}

describe('retry of many jobs', () => {
  it('says how much it would be, does it, newest first, and finds none of it a second time', async () => {
    const { retry, get, jobs, ids } = await client(3);
    const dry = await retry({ all: true, limit: 2, dry_run: true });
    expect(dry).toMatchObject({ count: 3, item_count: 9, data: ids.slice(0, 2), has_more: true });
    expect((await get(jobs[0]!)).state).toBe('completed');
    const some = await retry({ all: true, limit: 2 });
    expect(some).toMatchObject({ count: 2, item_count: 6, data: ids.slice(0, 2), has_more: true });
    const rest = await retry({ all: true, limit: 2, cursor: some.next_cursor });
    expect(rest).toMatchObject({ count: 1, item_count: 3, data: [ids[2]], next_cursor: null });
    expect(await retry({ all: true })).toMatchObject({ count: 0, item_count: 0, data: [] });
    for (const job of jobs) {
      const { state, item_counts } = await get(job);
      expect([state, item_counts.succeeded, item_counts.failed]).toEqual(['queued', 3, 0]);
    }
  });

  it('goes by the filter and by the codes, and passes by what did not fail so', async () => {
    const { retry, get, jobs, ids, call, order } = await client(2);
    const named = (await call('POST', '/v1/jobs', { ...order, name: 'named' })).json<Job>();
    await endItems(rig.database, named.id, (n) => (n === 1 ? 'image.undecodable' : undefined));
    const codes = { error_codes: ['engine.crashed', 'image.undecodable'] };
    expect(await retry({ all: true, ...codes, dry_run: true })).toMatchObject({
      count: 3,
      item_count: 3,
      data: [named.id, ...ids],
    });
    const one = await retry({ filter: { name: 'named' }, ...codes });
    expect(one).toMatchObject({ count: 1, item_count: 1, data: [named.id] });
    expect(await retry({ all: true, error_codes: ['image.undecodable'] })).toMatchObject({
      count: 0,
    });
    await retry({ all: true, error_codes: ['engine.crashed'] });
    expect((await get(jobs[0]!)).error_counts).toEqual({ 'image.missing': 2 });
  });

  it('does what was cancelled only when asked, and nothing of a deleted set', async () => {
    const { retry, get, jobs, call, order } = await client(1);
    const half = (await call('POST', '/v1/jobs', order)).json<Job>();
    await call('POST', `/v1/jobs/${half.id}/cancel`);
    await rig.database.query(
      `UPDATE jobs SET state = 'cancelled', cancelled = item_count, finished_at = now() WHERE id = $1`,
      [parsePublicId('job', half.id)],
    );
    const dry = { all: true, dry_run: true };
    expect(await retry(dry)).toMatchObject({ count: 1, item_count: 3, data: [jobs[0]!.id] });
    expect(await retry({ ...dry, cancelled: true })).toMatchObject({ count: 2, item_count: 9 });
    expect((await get(half)).state).toBe('cancelled');
    await rig.database.query('UPDATE image_sets SET deleted_at = now() WHERE id = $1', [
      parsePublicId('set', order.image_set),
    ]);
    expect(await retry({ ...dry, cancelled: true })).toMatchObject({ count: 0, item_count: 0 });
  });

  it('stops before the job that has no room, and the next request says why', async () => {
    const { retry, call, ids } = await client(8);
    // 3 images of each may wait, 20 in all.
    const done = await retry({ all: true });
    expect(done).toMatchObject({ count: 6, item_count: 18, data: ids.slice(0, 6), has_more: true });
    const body = { all: true, cursor: done.next_cursor };
    const refused = await call('POST', '/v1/jobs/retry', body);
    expect([refused.statusCode, refused.json().code]).toEqual([429, 'quota.queued_items']);
  });

  it('is refused without a condition, and with a cursor of something else', async () => {
    const { call } = await client(1);
    const bare = await call('POST', '/v1/jobs/retry', {});
    expect([bare.statusCode, bare.json().code]).toEqual([400, 'request.invalid']);
    const odd = await call('POST', '/v1/jobs/retry', { all: true, cursor: 'MQ' });
    expect([odd.statusCode, odd.json().code]).toEqual([400, 'cursor.invalid']);
  });
});
