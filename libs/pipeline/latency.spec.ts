import { expect, it } from 'vitest';
import { latencyAt, latencyBuckets, stepEndMs } from './latency.js';

it('lays out the steps without a hole between the first and the last that has an image', () => {
  const buckets = latencyBuckets({ '16': 3, '18': 1 });
  expect(buckets.map(({ images }) => images)).toEqual([3, 0, 1]);
  expect(buckets[0]).toEqual({ aboveMs: stepEndMs(15), upToMs: 256, images: 3 });
  expect(buckets[2]).toEqual({ aboveMs: stepEndMs(17), upToMs: 512, images: 1 });
  expect(latencyBuckets({})).toEqual([]);
});

it('finds a share of the images within a step of where it is', () => {
  const times = Array.from({ length: 1_000 }, (_, i) => 20 + 3 * i);
  const counts: Record<string, number> = {};
  for (const ms of times) {
    const step = Math.ceil(2 * Math.log2(ms) - 1e-9);
    counts[step] = (counts[step] ?? 0) + 1;
  }
  for (const share of [0.5, 0.95, 0.99]) {
    const found = latencyAt(latencyBuckets(counts), share)!;
    const exact = times[Math.ceil(share * times.length) - 1]!;
    expect(found / exact).toBeGreaterThan(Math.SQRT1_2);
    expect(found / exact).toBeLessThan(Math.SQRT2);
  }
  expect(latencyAt([], 0.5)).toBeNull();
});

it('says of the last step, which has no end, where it begins, and of the first that it begins at nothing', () => {
  expect(latencyAt(latencyBuckets({ '40': 2 }), 0.95)).toBe(stepEndMs(39));
  expect(latencyBuckets({ '0': 1 })[0]).toEqual({ aboveMs: 0, upToMs: 1, images: 1 });
});
