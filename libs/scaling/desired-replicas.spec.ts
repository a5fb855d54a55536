import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decideReplicas,
  TOLERANCE,
  type PoolBacklog,
  type PoolLimits,
} from './desired-replicas.js';

const LIMITS: PoolLimits = { minReplicas: 0, maxReplicas: 20, targetSeconds: 120 };
const backlog = (known: Partial<PoolBacklog> = {}): PoolBacklog => ({
  pool: 'paligemma',
  isKnown: true,
  outstandingItems: 0,
  outstandingSeconds: 0,
  inFlightItems: 0,
  workers: 0,
  ...known,
});
const work = (outstandingSeconds: number, workers = 0): PoolBacklog =>
  backlog({ outstandingItems: 10, outstandingSeconds, workers });

const anyLimits = fc
  .record({
    minReplicas: fc.nat({ max: 10 }),
    more: fc.integer({ min: 1, max: 50 }),
    targetSeconds: fc.double({ min: 0.5, max: 3_600, noNaN: true }),
  })
  .map(({ more, ...limits }) => ({ ...limits, maxReplicas: limits.minReplicas + more }));
const anySeconds = fc.double({ min: 0, max: 1e7, noNaN: true });
const anyBacklog = fc
  .record({
    outstandingItems: fc.nat({ max: 10_000_000 }),
    inFlightItems: fc.nat({ max: 5_000 }),
    outstandingSeconds: anySeconds,
    workers: fc.nat({ max: 60 }),
    isKnown: fc.boolean(),
  })
  .map((known) => backlog(known));

describe('how many workers a pool shall have', () => {
  it.each([
    ['nothing to do', backlog(), 0, /^Nothing is outstanding, so 0/],
    ['one image in flight', backlog({ inFlightItems: 1, workers: 1 }), 1, /work for 1\.$/],
    ['work for one', work(119), 1, /work for 1\.$/],
    ['a second more than one can have', work(121, 0), 2, /work for 2\.$/],
    ['nearly right', work(1_300, 11), 11, /11 workers are within 10 %/],
    ['more than allowed', work(100_000), 20, /work for 834; 20 are allowed/],
    ['a model that nobody knows', backlog({ isKnown: false }), 1, /make it known/],
  ])('%s', (_, pool, replicas, reason) => {
    const decision = decideReplicas(pool, LIMITS);
    expect(decision.replicas).toBe(replicas);
    expect(decision.reason).toMatch(reason);
  });

  it('keeps the fewest that are to run always', () => {
    const decision = decideReplicas(work(10), { ...LIMITS, minReplicas: 3 });
    expect(decision).toMatchObject({ replicas: 3, value: 10 });
    expect(decision.reason).toMatch(/work for 1; 3 always run/);
  });

  it('is within the limits, and never zero while anything is outstanding or in flight', () => {
    fc.assert(
      fc.property(anyBacklog, anyLimits, (pool, limits) => {
        const { replicas, value, reason } = decideReplicas(pool, limits);
        expect(replicas).toBeGreaterThanOrEqual(limits.minReplicas);
        expect(replicas).toBeLessThanOrEqual(limits.maxReplicas);
        expect(Number.isInteger(replicas)).toBe(true);
        expect(reason).not.toMatch(/NaN|Infinity|undefined/);
        const isBusy = !pool.isKnown || pool.outstandingItems + pool.inFlightItems > 0;
        expect(value > 0).toBe(isBusy);
        if (isBusy) expect(replicas).toBeGreaterThan(0);
      }),
    );
  });

  it('does not flap: a pool that follows it stays while the work stays', () => {
    fc.assert(
      fc.property(anyBacklog, anyLimits, (pool, limits) => {
        const { replicas } = decideReplicas(pool, limits);
        expect(decideReplicas({ ...pool, workers: replicas }, limits).replicas).toBe(replicas);
      }),
    );
  });

  it('leaves a pool alone that is right within the tolerance, and no other', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.double({ min: -0.5, max: 0.5, noNaN: true }),
        (workers, error) => {
          const seconds = LIMITS.targetSeconds * workers * (1 + error);
          const { replicas } = decideReplicas(work(seconds, workers), LIMITS);
          const exact = Math.min(20, Math.ceil(seconds / LIMITS.targetSeconds));
          expect(replicas).toBe(Math.abs(error) < TOLERANCE - 1e-9 ? workers : exact);
        },
      ),
      { examples: [[10, 0.05]] },
    );
  });

  it('never wants fewer for more work', () => {
    fc.assert(
      fc.property(anySeconds, anySeconds, (one, other) => {
        const [less, more] = [one, other].toSorted((a, b) => a - b) as [number, number];
        const decide = (seconds: number) => decideReplicas(work(seconds), LIMITS).replicas;
        expect(decide(more)).toBeGreaterThanOrEqual(decide(less));
      }),
    );
  });
});
