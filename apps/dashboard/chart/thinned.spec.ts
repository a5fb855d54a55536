import { expect, it } from 'vitest';
import { thinned } from './thinned.js';

it('shows all while there are few', () => {
  expect(thinned(3, 5)).toEqual([0, 1, 2]);
  expect(thinned(0, 5)).toEqual([]);
});

it('shows the first, the last, and each once between', () => {
  const places = thinned(10_001, 101);
  expect([places[0], places[1], places.at(-1)]).toEqual([0, 100, 10_000]);
  expect(new Set(places).size).toBe(101);
});
