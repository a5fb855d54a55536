import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JobPreview } from '#contracts';
import { cli } from '../testing/captured.js';
import { FakeApi } from '../testing/fake-api.js';
import { aJob, anItem, SET_ID } from '../testing/samples.js';
import { describePreview } from './job-preview.js';

const aPreview = (more: Partial<JobPreview> = {}): JobPreview => ({
  object: 'job_preview',
  image_set: SET_ID,
  model: 'tiny',
  tasks: aJob().tasks,
  items: 100_000,
  workers: 2,
  samples: [anItem(0)],
  samples_left: 0,
  known_share: 0.25,
  estimate: { images_per_second: 3.14159, seconds: 23_900, accelerator_seconds: 47_800 },
  ...more,
});

let api: FakeApi;
beforeEach(async () => {
  api = await FakeApi.start();
});
afterEach(() => api.stop());

const run = (...args: string[]) =>
  cli(['jobs', 'preview', '--set', SET_ID, ...args], {
    env: { PALLET_URL: api.url, PALLET_API_KEY: api.apiKey },
  });

describe('pallet jobs preview', () => {
  it('sends what it would create, and shows samples and estimate', async () => {
    api.answerNext('/v1/jobs/preview', { status: 200, body: aPreview() });
    const { code, out } = await run('--task', 'ocr', '--samples', '4', '--wait', '90');
    expect(code).toBe(0);
    expect(api.received[0]!.json).toEqual({
      image_set: SET_ID,
      seal: true,
      tasks: [{ type: 'ocr' }],
      samples: 4,
      cache: true,
    });
    expect(api.received[0]!.headers['prefer']).toBe('wait=90');
    expect(out).toContain(anItem(0).image.name);
    expect(out).toContain('time     6 h 38 min\n');
    expect(out).toContain('cost     13 h 17 min of accelerator\n');
    expect(out).toContain('known    25 % of the answers\n');
  });

  it('runs the images that were named', async () => {
    api.answerNext('/v1/jobs/preview', { status: 200, body: aPreview() });
    expect((await run('--task', 'ocr', '--image', '7', '41', '--image', '0')).code).toBe(0);
    expect(api.received[0]!.json).toMatchObject({ images: [7, 41, 0] });
    expect((await run('--task', 'ocr', '--image', 'seven')).code).toBe(2);
  });

  it('says how many samples were not in time, and estimates nothing without one', () => {
    const text = describePreview(
      aPreview({ samples: [], samples_left: 8, estimate: null, workers: 0 }),
    );
    expect(text).toContain('samples  0, 8 not in time\n');
    expect(text).toContain('tiny, 0 workers\n');
    expect(text).not.toContain('time  ');
  });

  it('needs tasks', async () => {
    const { code, err } = await run();
    expect(code).toBe(2);
    expect(err).toContain('--task');
    expect(api.received).toEqual([]);
  });
});
