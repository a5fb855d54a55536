import { expect, it } from 'vitest';
import { counted, duration, percent, rate } from './format.js';

it('says rates with a figure that means something', () => {
  expect([6400.4, 12, 2.25, 0.25, 0.002].map(rate)).toEqual([
    '6,400/s',
    '12/s',
    '2.3/s',
    '15/min',
    '7/h',
  ]);
});

it('says durations in two units at most', () => {
  expect([0.4, 99, 100, 5_999, 7_500, 360_000].map(duration)).toEqual([
    '0 s',
    '99 s',
    '2 min',
    '1 h 40 min',
    '2 h 05 min',
    '4 d 4 h',
  ]);
});

it('does not say 100 % before the end', () => {
  expect([0.999, 1].map(percent)).toEqual(['99 %', '100 %']);
});

it('counts one as one', () => {
  const texts = [0, 1, 2, 1200].map((n) => counted(n, 'image'));
  expect(texts).toEqual(['0 images', '1 image', '2 images', '1,200 images']);
  expect(counted(1, 'image is', 'images are')).toBe('1 image is');
});
