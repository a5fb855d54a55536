import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cli } from '../testing/captured.js';
import { FakeApi } from '../testing/fake-api.js';
import { aJob, JOB_ID, SET_ID } from '../testing/samples.js';

let api: FakeApi;
let env: NodeJS.ProcessEnv;

beforeEach(async () => {
  api = await FakeApi.start();
  env = { PALLET_URL: api.url, PALLET_API_KEY: api.apiKey };
});
afterEach(() => api.stop());

const moved = (data: string[], has_more = false) => ({
  status: 202,
  body: { object: 'moved_jobs', count: data.length, data, has_more },
});

const FILTER = ['--state', 'queued', '--state', 'paused', '--set', SET_ID, '--name', 'summer'];
const MORE = ['--metadata', 'a=b=c', '--since', '2026-01-31', '--model', 'tiny'];

describe('pallet jobs', () => {
  it('ls asks with the whole filter', async () => {
    await cli(['jobs', 'ls', ...FILTER, ...MORE, '--outcome', 'failed'], { env });
    const { query } = api.received[0]!;
    expect(query.getAll('state')).toEqual(['queued', 'paused']);
    expect(Object.fromEntries(query)).toMatchObject({
      image_set: SET_ID,
      name: 'summer',
      metadata: 'a=b=c',
      created_after: '2026-01-31T00:00:00.000Z',
      model: 'tiny',
      outcome: 'failed',
    });
  });

  it('pause one job and show it', async () => {
    const { code, out } = await cli(['jobs', 'pause', JOB_ID], { env });
    expect(code).toBe(0);
    expect(out).toContain('state      paused\n');
  });

  it('cancel all that the filter of ls names, request after request', async () => {
    const last = JOB_ID.replace(/1$/, '2');
    api.answerNext('/v1/jobs/cancel', moved([JOB_ID], true), moved([last]));
    const { code, out, err } = await cli(['jobs', 'cancel', ...FILTER], { env });
    expect([code, out]).toEqual([0, `${JOB_ID}\n${last}\n`]);
    expect(err).toContain('2 jobs: cancel');
    expect(api.received.map(({ json }) => json?.['filter'])).toEqual(
      [0, 1].map(() => ({ state: ['queued', 'paused'], image_set: SET_ID, name: 'summer' })),
    );
  });

  it('with --dry-run only say how many jobs it would be, in one request', async () => {
    const body = { object: 'moved_jobs', count: 3, data: [JOB_ID], has_more: true };
    api.answerNext('/v1/jobs/cancel', { status: 202, body });
    const { code, out, err } = await cli(['jobs', 'cancel', '--dry-run', ...FILTER], { env });
    expect([code, out]).toEqual([0, `${JOB_ID}\n`]);
    expect(err).toContain('3 jobs to cancel; nothing was done');
    expect(api.received.map(({ json }) => json?.['dry_run'])).toEqual([true]);
  });

  it('retry images of some codes, and show of what the others failed', async () => {
    const job = aJob({ state: 'queued', error_counts: { 'image.missing': 1, 'image.odd': 2 } });
    api.answerNext(`/v1/jobs/${JOB_ID}/retry`, { status: 202, body: job });
    const args = ['jobs', 'retry', JOB_ID, '--code', 'a.b', '--code', 'c.d', '--cancelled'];
    const { code, out } = await cli(args, { env });
    expect(code).toBe(0);
    expect(out).toContain('errors     image.odd 2, image.missing 1\n');
    expect(api.received[0]).toMatchObject({
      json: { error_codes: ['a.b', 'c.d'], cancelled: true },
      headers: { 'idempotency-key': expect.stringMatching(/./) },
    });
  });

  it('retry all that the filter names, older and older, and count what it was', async () => {
    const retried = (n: number, next_cursor: string | null) => ({
      status: 202,
      body: {
        object: 'retried_jobs',
        count: 1,
        item_count: n,
        data: [JOB_ID.replace(/1$/, `${n}`)],
        next_cursor,
        has_more: next_cursor !== null,
      },
    });
    api.answerNext('/v1/jobs/retry', retried(2, 'older'), retried(3, null));
    const args = ['jobs', 'retry', '--outcome', 'failed', '--code', 'image.missing'];
    const { code, out, err } = await cli(args, { env });
    expect([
      code,
      out
        .trim()
        .split('\n')
        .map((id) => id.slice(-1)),
    ]).toEqual([0, ['2', '3']]);
    expect(err).toContain('2 jobs with 5 images queued again');
    expect(api.received.map(({ json }) => json)).toMatchObject([
      { filter: { outcome: ['failed'] }, error_codes: ['image.missing'] },
      { filter: { outcome: ['failed'] }, error_codes: ['image.missing'], cursor: 'older' },
    ]);
  });

  it('extend a job by tasks, with limits', async () => {
    const job = aJob({ state: 'queued' });
    api.answerNext(`/v1/jobs/${JOB_ID}/extend`, { status: 202, body: job });
    const args = ['jobs', 'extend', JOB_ID, '--task', 'detect dog ; car', '-t', 'ocr'];
    const { code, out } = await cli([...args, '--timeout', '60'], { env });
    expect(code).toBe(0);
    expect(out).toContain('state      queued\n');
    expect(api.received[0]).toMatchObject({
      json: {
        tasks: [{ type: 'detect', labels: ['dog', 'car'] }, { type: 'ocr' }],
        timeout_seconds: 60,
      },
      headers: { 'idempotency-key': expect.stringMatching(/./) },
    });
  });

  it.each([
    [['extend', JOB_ID]],
    [['cancel']],
    [['retry']],
    [['retry', JOB_ID, '--all']],
    [['retry', '--all', '--idempotency-key', 'a']],
    [['pause', JOB_ID, '--all']],
    [['resume', JOB_ID, '--state', 'paused']],
    [['cancel', '--metadata', 'place']],
    [['ls', '--since', 'soon']],
    [['ls', '--outcome', 'odd']],
  ])('%j is a wrong command line, and sends nothing', async (args) => {
    const { code } = await cli(['jobs', ...args], { env });
    expect([code, api.received]).toEqual([2, []]);
  });
});
