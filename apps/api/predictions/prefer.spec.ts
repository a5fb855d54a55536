import { describe, expect, it } from 'vitest';
import { readWaitMs } from './prefer.js';

describe('Prefer', () => {
  it.each([
    [undefined, 30_000],
    ['', 30_000],
    ['wait=5', 5_000],
    ['respond-async, wait=10', 10_000],
    ['Wait="3"', 3_000],
    ['wait=0', 0],
    ['wait=9999', 120_000],
    ['respond-async', 0],
    ['wait=-1', 30_000],
    ['return=minimal', 30_000],
  ])('%s waits %d ms', (header, ms) => {
    expect(readWaitMs(header)).toBe(ms);
  });
});
