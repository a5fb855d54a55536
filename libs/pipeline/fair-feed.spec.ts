import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planFeed, type WaitingTenant } from './fair-feed.js';

const tenant = (
  tenantId: string,
  shards: number,
  costMs = 100,
  servedMs: number | null = 0,
  weight = 1,
): WaitingTenant => ({
  tenantId,
  weight,
  servedMs,
  ready: Array.from({ length: shards }, (_, n) => ({ shardId: `${tenantId}${n}`, costMs })),
});

describe('planFeed', () => {
  it('gives a small tenant its place at once beside a large one', () => {
    const plan = planFeed([tenant('a', 100, 100, 50_000), tenant('b', 1, 100, null)], 2, 50_000);
    expect(plan.shards).toContain('b0');
  });

  it('gives no credit for time away', () => {
    const plan = planFeed([tenant('a', 9, 100, 80_000), tenant('b', 9, 100, 0)], 6, 80_000);
    expect(plan.shards.filter((id) => id.startsWith('b'))).toHaveLength(3);
  });

  it('counts accelerator time, not shards', () => {
    const plan = planFeed([tenant('a', 99, 300), tenant('b', 99, 100)], 40, 0);
    expect(plan.shards.filter((id) => id.startsWith('b'))).toHaveLength(30);
  });

  it('serves by weight', () => {
    const plan = planFeed([tenant('a', 99, 100, 0, 3), tenant('b', 99)], 40, 0);
    expect(plan.shards.filter((id) => id.startsWith('a'))).toHaveLength(30);
  });

  it('never lets two waiting tenants drift further apart than one shard of each', () => {
    const tenants = fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 2, maxLength: 6 });
    fc.assert(
      fc.property(tenants, fc.integer({ min: 1, max: 60 }), (costs, room) => {
        const waiting = costs.map((costMs, index) => tenant(`t${index}-`, 100, costMs));
        const clocks = [...planFeed(waiting, room, 0).servedMs.values()];
        expect(Math.max(...clocks) - Math.min(...clocks)).toBeLessThanOrEqual(Math.max(...costs));
      }),
    );
  });

  it('fills the room when there is work and keeps the order of each tenant', () => {
    fc.assert(
      fc.property(fc.nat(20), fc.nat(20), fc.nat(30), (a, b, room) => {
        const plan = planFeed([tenant('a', a), tenant('b', b)], room, 0);
        expect(plan.shards).toHaveLength(Math.min(room, a + b));
        const ofA = plan.shards.filter((id) => id.startsWith('a'));
        expect(ofA).toEqual(ofA.map((_, n) => `a${n}`));
      }),
    );
  });
});
