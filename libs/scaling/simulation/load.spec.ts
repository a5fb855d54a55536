import { describe, expect, it } from 'vitest';
import { officeDays, parseLoad } from './load.js';

describe('a recorded load', () => {
  it('is lines of seconds and images, in any order, with or without a heading', () => {
    const sorted = [
      { at: 0, images: 5 },
      { at: 2.5, images: 7 },
    ];
    expect(parseLoad('seconds,images\n2.5, 7\r\n\n0,5\n')).toEqual(sorted);
    expect(parseLoad('0,5\n2.5,7')).toEqual(sorted);
  });

  it.each([
    ['words', 'seconds,images\n0,5\nx,7', /Line 3/],
    ['fewer than none', '0,-5', /Line 1/],
    ['no images', 'seconds,images\n0,0\n', /no images/],
  ])('refuses %s', (_, text, message) => {
    expect(() => parseLoad(text)).toThrow(message);
  });
});

it('office days have their images by day, and none at night', () => {
  const load = officeDays(100_000, 2);
  const day = load.filter(({ at }) => at < 86_400);
  expect(day.reduce((sum, arrival) => sum + arrival.images, 0)).toBeCloseTo(100_000, -2);
  const hours = load.map(({ at }) => (at / 3_600) % 24);
  expect([Math.min(...hours), Math.max(...hours) < 18]).toEqual([8, true]);
});
