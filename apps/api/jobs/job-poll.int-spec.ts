import { beforeEach, describe, expect, it, vi } from 'vitest';
import { newUuid, parsePublicId, publicId } from '#contracts';
import { usePostgres } from '#testing';
import { useApi } from '../spec-rig.js';

let tenantId: string;
let headers: Record<string, string>;

const rig = useApi(usePostgres());
beforeEach(async () => {
  ({ tenantId, headers } = await rig.createTenant());
});

async function makeJob(count: number): Promise<{ job: string; set: string }> {
  const [set, job] = [newUuid(), newUuid()];
  await rig.database.query('INSERT INTO image_sets (id, tenant_id, accepted) VALUES ($1, $2, $3)', [
    set,
    tenantId,
    count,
  ]);
  await rig.database.query(
    `INSERT INTO jobs (id, tenant_id, set_id, model, tasks, lane, state, item_count)
     VALUES ($1, $2, $3, 'default', '[{"type":"ocr"}]', 'bulk', 'running', $4)`,
    [job, tenantId, set, count],
  );
  return { job: publicId('job', job), set: publicId('set', set) };
}

const succeed = (job: string) =>
  rig.database.query(
    `UPDATE jobs SET succeeded = succeeded + 1,
       state = CASE WHEN succeeded + 1 = item_count THEN 'completed' ELSE state END,
       finished_at = CASE WHEN succeeded + 1 = item_count THEN now() END WHERE id = $1`,
    [parsePublicId('job', job)],
  );
const get = (url: string, more: Record<string, string> = {}) =>
  rig.app.inject({ url, headers: { ...headers, ...more } });

describe('a poller', () => {
  it('is told in an empty answer that nothing has changed', async () => {
    const { job, set } = await makeJob(3);
    for (const url of [`/v1/jobs/${job}`, '/v1/jobs', `/v1/image-sets/${set}`, '/v1/image-sets']) {
      const first = await get(url);
      const etag = String(first.headers.etag);
      expect(first.headers['cache-control']).toBe('private, no-cache');
      const second = await get(url, { 'if-none-match': etag });
      expect([url, second.statusCode, second.body]).toEqual([url, 304, '']);
      expect(second.headers.etag).toBe(etag);
      const head = await rig.app.inject({ method: 'HEAD', url, headers });
      expect([head.statusCode, head.headers.etag]).toEqual([200, etag]);
    }
    const before = String((await get(`/v1/jobs/${job}`)).headers.etag);
    await succeed(job);
    const changed = await get(`/v1/jobs/${job}`, { 'if-none-match': before });
    expect(changed.statusCode).toBe(200);
    expect(changed.headers.etag).not.toBe(before);
  });

  it('gets no tag with a problem', async () => {
    const missing = await get('/v1/jobs/job_019a0000000070008000000000000000', {
      'if-none-match': '*',
    });
    expect([missing.statusCode, missing.headers.etag]).toEqual([404, undefined]);
    expect(missing.headers['cache-control']).toBe('no-store');
  });
});

describe('polls of the same moment', () => {
  it('are few statements, and each gets what its own key may see', async () => {
    const [mine, gone] = [await makeJob(3), await makeJob(4)];
    const other = await rig.createTenant();
    const query = vi.spyOn(rig.database, 'query');
    const polls = Array.from({ length: 60 }, (_, n) => {
      const { job } = n % 2 === 0 ? mine : gone;
      const who = n % 3 === 0 ? other.headers : headers;
      return rig.app.inject({ url: `/v1/jobs/${job}`, headers: who });
    });
    const answers = await Promise.all(polls);
    const statements = query.mock.calls.length;
    query.mockRestore();
    for (const [n, answer] of answers.entries()) {
      const total = n % 2 === 0 ? 3 : 4;
      if (n % 3 === 0) expect([n, answer.statusCode]).toEqual([n, 404]);
      else expect([n, answer.json().item_counts.total]).toEqual([n, total]);
    }
    expect(statements).toBeLessThan(30);
  });

  it('by a key that is revoked are refused from then on', async () => {
    const { job } = await makeJob(1);
    const before = await Promise.all(Array.from({ length: 10 }, () => get(`/v1/jobs/${job}`)));
    expect(before.map(({ statusCode }) => statusCode)).toEqual(Array(10).fill(200));
    await rig.database.query('UPDATE api_keys SET revoked_at = now() WHERE tenant_id = $1', [
      tenantId,
    ]);
    const after = await Promise.all(Array.from({ length: 10 }, () => get(`/v1/jobs/${job}`)));
    expect(after.map(({ statusCode }) => statusCode)).toEqual(Array(10).fill(401));
  });
});

describe('Prefer: wait', () => {
  it('waits for the end of a job', async () => {
    const { job } = await makeJob(2);
    let isAnswered = false;
    const waiting = get(`/v1/jobs/${job}`, { prefer: 'wait=60' }).then((answer) => {
      isAnswered = true;
      return answer;
    });
    await succeed(job);
    // A wait for a change sees this one, so the look that the other wait had part in is over.
    await get(`/v1/jobs/${job}`, { prefer: 'wait=60', 'if-none-match': '"none"' });
    expect(isAnswered).toBe(false);
    await succeed(job);
    const answer = await waiting;
    expect(answer.json()).toMatchObject({ state: 'completed', item_counts: { succeeded: 2 } });
    expect(answer.headers['preference-applied']).toBe('wait=60');
  });

  it('waits for any change with If-None-Match', async () => {
    const { job } = await makeJob(5);
    const etag = String((await get(`/v1/jobs/${job}`)).headers.etag);
    const waiting = get(`/v1/jobs/${job}`, { prefer: 'wait=60', 'if-none-match': etag });
    await succeed(job);
    const answer = await waiting;
    expect([answer.statusCode, answer.json().item_counts.succeeded]).toEqual([200, 1]);
  });

  it('answers as it is when the time is over, and at once when there is nothing to wait for', async () => {
    const { job } = await makeJob(1);
    const first = await get(`/v1/jobs/${job}`, { prefer: 'wait=1' });
    expect(first.json()).toMatchObject({ state: 'running' });
    const etag = String(first.headers.etag);
    const same = await get(`/v1/jobs/${job}`, { prefer: 'wait=1', 'if-none-match': etag });
    expect(same.statusCode).toBe(304);
    await succeed(job);
    const startedAt = performance.now();
    const ended = await get(`/v1/jobs/${job}`, { prefer: 'wait=100' });
    const tag = String(ended.headers.etag);
    const again = await get(`/v1/jobs/${job}`, { prefer: 'wait=100', 'if-none-match': tag });
    expect([ended.statusCode, again.statusCode]).toEqual([200, 304]);
    expect(performance.now() - startedAt).toBeLessThan(50_000);
  });
});
