import { expect, it } from 'vitest';
import { DEFAULT_WORLD } from './settings.js';
import { WorkerPool } from './worker-pool.js';

const WORLD = { ...DEFAULT_WORLD, secondsPerImage: 1, startSeconds: 10, drainSeconds: 0 };
const SHARD = 100;

it('loses idle workers before busy ones, so that nothing goes back to the queue', () => {
  const pool = new WorkerPool(WORLD, SHARD);
  pool.step(0, 3);
  // Of the three that are ready two find work: four shards each at once.
  pool.add(8 * SHARD);
  pool.step(10, 3);
  const held = pool.inFlight;
  expect(held).toBeGreaterThan(7 * SHARD);
  pool.step(11, 2);
  expect([pool.outstanding, pool.inFlight]).toEqual([held - 2, held - 2]);
});

it('loses those that are not ready before idle ones', () => {
  const pool = new WorkerPool(WORLD, SHARD);
  pool.step(0, 1);
  pool.step(10, 2);
  pool.step(11, 1);
  expect(pool.readyAt(11)).toBe(1);
});

it('gives back what a busy worker held when it has to lose one', () => {
  const pool = new WorkerPool(WORLD, SHARD);
  pool.step(0, 2);
  pool.add(8 * SHARD);
  pool.step(10, 2);
  pool.step(11, 1);
  expect(pool.inFlight).toBeLessThanOrEqual(4 * SHARD);
  expect(pool.outstanding).toBe(8 * SHARD - 3);
});
