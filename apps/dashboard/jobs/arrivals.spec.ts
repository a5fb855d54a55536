import { expect, it } from 'vitest';
import type { Job } from '#contracts';
import { arrivalsOf } from './arrivals.js';

const list = (...ids: string[]) => ids.map((id) => ({ id }) as Job);
const look = (ids: string[], seen: string[]) => {
  const { shown, waiting } = arrivalsOf(list(...ids), new Set(seen));
  return [shown.map(({ id }) => id).join(''), waiting];
};

it('holds back what comes before or between the jobs that were seen', () => {
  expect(look(['f', 'e', 'd', 'c'], ['e', 'd', 'c'])).toEqual(['edc', 1]);
  expect(look(['f', 'e', 'd', 'c'], ['e', 'c'])).toEqual(['ec', 2]);
});

it('shows older ones, which were asked for, and lets go of those that left', () => {
  expect(look(['e', 'd', 'b', 'a'], ['e', 'd', 'c'])).toEqual(['edba', 0]);
});

it('shows all of a list of which nothing was seen', () => {
  expect(look(['b', 'a'], [])).toEqual(['ba', 0]);
  expect(look(['d', 'c'], ['a'])).toEqual(['dc', 0]);
  expect(look([], ['a'])).toEqual(['', 0]);
});
