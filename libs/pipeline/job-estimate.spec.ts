import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { estimateJob, sampleItems } from './job-estimate.js';

describe('estimateJob', () => {
  it('scales what the samples took to what has to be computed, over all workers', () => {
    const size = { items: 1_000, knownShare: 0.25, workers: 3 };
    expect(estimateJob(size, { images: 8, elapsedMs: 4_000 })).toEqual({
      images_per_second: 6,
      seconds: 125,
      accelerator_seconds: 375,
    });
  });

  it('says nothing without a sample, and no infinity about one that took no time', () => {
    const size = { items: 10, knownShare: 0, workers: 0 };
    expect(estimateJob(size, { images: 0, elapsedMs: 500 })).toBeNull();
    expect(estimateJob(size, { images: 2, elapsedMs: 0 })).toEqual({
      images_per_second: 2_000,
      seconds: 0.005,
      accelerator_seconds: 0.005,
    });
  });
});

describe('sampleItems', () => {
  it('gives different images, in order, of every part of the set', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10_000_000 }),
        fc.integer({ min: 1, max: 32 }),
        (items, samples) => {
          const numbers = sampleItems(items, samples);
          expect(numbers).toHaveLength(Math.min(items, samples));
          numbers.forEach((n, at) => {
            expect(n).toBeGreaterThanOrEqual(Math.floor((at * items) / numbers.length));
            expect(n).toBeLessThan(((at + 1) * items) / numbers.length);
            expect(n).toBeGreaterThan(numbers[at - 1] ?? -1);
          });
        },
      ),
    );
  });
});
