import { expect, it } from 'vitest';
import type { JobLatency } from '#contracts';
import { latencyLines, timeText } from './latency-lines.js';

const LATENCY: JobLatency = {
  object: 'job.latency',
  job: 'job_1',
  images: 401,
  p50_ms: 430.2,
  p95_ms: 11_900,
  buckets: [
    { above_ms: 362, up_to_ms: 512, images: 400 },
    { above_ms: 512, up_to_ms: 724, images: 0 },
    { above_ms: 741_455, up_to_ms: null, images: 1 },
  ],
};

it('draws a bar a step, and says what half and nearly all took', () => {
  expect(latencyLines(LATENCY).split('\n')).toEqual([
    '401 images: half took 430 ms or less, 95 % 12 s or less',
    `  up to 512 ms  400  ${'#'.repeat(40)}`,
    '  up to 724 ms    0',
    '   over 12 min    1  #',
    '',
  ]);
  const nothing = { ...LATENCY, images: 0, p50_ms: null, p95_ms: null, buckets: [] };
  expect(latencyLines(nothing)).toBe('No image of this job has a time yet.\n');
});

it('says a time by the figures that matter', () => {
  expect([3.4, 999, 1_400, 34_000, 720_000].map(timeText)).toEqual([
    '3 ms',
    '999 ms',
    '1.4 s',
    '34 s',
    '12 min',
  ]);
});
