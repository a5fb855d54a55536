import { expect, it } from 'vitest';
import { DeletionCosts, type PodLoad } from './deletion-costs.js';

const SECOND = 1_000;
const load = (pod: string, isBusy: boolean): PodLoad => ({ pod, isBusy });

/** Looks, and tells all that has to be told. */
function look(costs: DeletionCosts, at: number, ...loads: PodLoad[]): Record<string, number> {
  const changes = costs.changes(loads, at);
  for (const change of changes) costs.told(change);
  return Object.fromEntries(changes.map(({ pod, cost }) => [pod, cost]));
}

it('makes a busy pod dearer than an idle one, and tells each once', () => {
  const costs = new DeletionCosts();
  expect(look(costs, 0, load('a', true), load('b', false))).toEqual({ a: 100, b: 0 });
  expect(look(costs, 5 * SECOND, load('a', true), load('b', false))).toEqual({});
});

it('takes a pod for busy at once, and for idle when it has had nothing for a while', () => {
  const costs = new DeletionCosts();
  look(costs, 0, load('a', false));
  expect(look(costs, 5 * SECOND, load('a', true))).toEqual({ a: 100 });
  // Between two shards.
  expect(look(costs, 10 * SECOND, load('a', false))).toEqual({});
  expect(look(costs, 15 * SECOND, load('a', true))).toEqual({});
  expect(look(costs, 25 * SECOND, load('a', false))).toEqual({});
  expect(look(costs, 30 * SECOND, load('a', false))).toEqual({ a: 0 });
});

it('is busy where one of several workers is', () => {
  const costs = new DeletionCosts();
  expect(look(costs, 0, load('a', false), load('a', true), load('a', false))).toEqual({ a: 100 });
});

it('names what could not be told again, as it is then', () => {
  const costs = new DeletionCosts();
  const busy = [load('a', true)];
  expect(costs.changes(busy, 0)).toEqual([{ pod: 'a', cost: 100 }]);
  expect(costs.changes(busy, 5 * SECOND)).toEqual([{ pod: 'a', cost: 100 }]);
  expect(costs.changes([load('a', false)], 60 * SECOND)).toEqual([{ pod: 'a', cost: 0 }]);
});

it('forgets pods that are gone: one that comes back under the name is told anew', () => {
  const costs = new DeletionCosts();
  look(costs, 0, load('a', true));
  look(costs, SECOND);
  expect(look(costs, 2 * SECOND, load('a', false))).toEqual({ a: 0 });
});
