import { beforeAll, describe, expect, it } from 'vitest';
import { usePostgres } from '#testing';
import { useApi } from '../spec-rig.js';
import { jobClient } from './job-client-fixture.js';
import { endItems } from './job-fixture.js';

const rig = useApi(usePostgres(), { MAX_OPEN_JOBS: '2', MAX_QUEUED_ITEMS: '10' });
beforeAll(async () => {
  await rig.serveModel('default');
});

const problem = (answer: { statusCode: number; headers: object; json: () => unknown }) => [
  answer.statusCode,
  answer.json(),
  answer.headers,
];

describe('a job beyond the quota of its tenant', () => {
  it('is refused for now, by create, restart, retry and preview, with the number and what to do', async () => {
    const { call, order, url, job } = await jobClient(rig, 6);
    const more = await call('POST', '/v1/jobs', order);
    expect(problem(more)).toMatchObject([
      429,
      { code: 'quota.queued_items', detail: expect.stringMatching(/10 images.*6 are.*add 6/s) },
      { 'retry-after': '10' },
    ]);
    await endItems(rig.database, job.id, () => 'image.undecodable');
    const second = (await call('POST', '/v1/jobs', order)).json();
    for (const refused of [
      await call('POST', `${url}/restart`, {}),
      await call('POST', `${url}/retry`, {}),
      await call('POST', '/v1/jobs/preview', { ...order, samples: 5 }),
    ]) {
      expect(problem(refused)).toMatchObject([429, { code: 'quota.queued_items' }, {}]);
    }
    await endItems(rig.database, second.id);
    expect((await call('POST', `${url}/retry`, {})).statusCode).toBe(202);
  });

  it('is one job too many, until another has ended', async () => {
    const { call, order, job } = await jobClient(rig, 1);
    expect((await call('POST', '/v1/jobs', order)).statusCode).toBe(202);
    const third = { 'idempotency-key': 'third' };
    const refused = await call('POST', '/v1/jobs', order, third);
    expect(problem(refused)).toMatchObject([
      429,
      { code: 'quota.jobs', detail: expect.stringMatching(/2 open jobs.*MAX_OPEN_JOBS/s) },
      { 'retry-after': '10' },
    ]);
    await endItems(rig.database, job.id);
    expect((await call('POST', '/v1/jobs', order, third)).statusCode).toBe(202);
  });

  it('is refused for good when it alone is more than may wait', async () => {
    const { tenantId, headers } = await rig.createTenant();
    const [set] = await rig.database.query<{ id: string }>(
      `INSERT INTO image_sets (id, tenant_id, state, accepted)
       VALUES (gen_random_uuid(), $1, 'sealed', 11) RETURNING replace(id::text, '-', '') AS id`,
      [tenantId],
    );
    const payload = { image_set: `set_${set!.id}`, tasks: [{ type: 'ocr' }] };
    const answer = await rig.app.inject({ method: 'POST', url: '/v1/jobs', headers, payload });
    expect(problem(answer)).toMatchObject([409, { code: 'quota.job_items' }, {}]);
    expect(answer.headers['retry-after']).toBeUndefined();
  });
});
