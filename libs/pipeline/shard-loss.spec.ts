import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countItems, eachItem, rangesOf } from './item-ranges.js';
import { planAfterLoss, type ShardRemainder } from './shard-loss.js';

const someItems = fc
  .uniqueArray(fc.integer({ min: 0, max: 5_000 }), { minLength: 1, maxLength: 256 })
  .map((numbers) => numbers.toSorted((a, b) => a - b));

describe('planAfterLoss', () => {
  it('loses and doubles no item', () => {
    fc.assert(
      fc.property(
        someItems,
        fc.nat(3),
        fc.boolean(),
        fc.option(fc.array(fc.nat(5_000), { maxLength: 16 }), { nil: undefined }),
        (items, losses, isolated, suspects) => {
          const plan = planAfterLoss({ pending: rangesOf(items), losses, isolated, suspects });
          const after = plan.shards.flatMap((shard) => [...eachItem(shard.items)]);
          if (plan.quarantined !== undefined) after.push(plan.quarantined);
          expect(after.toSorted((a, b) => a - b)).toEqual(items);
        },
      ),
    );
  });

  it('never gives up an item at its first loss', () => {
    fc.assert(
      fc.property(someItems, fc.boolean(), (items, isolated) => {
        for (const suspects of [undefined, items]) {
          const plan = planAfterLoss({ pending: rangesOf(items), losses: 0, isolated, suspects });
          expect(plan.quarantined).toBeUndefined();
        }
      }),
    );
  });

  it.each([
    { tells: 'the supervisor lives', window: 16, most: 4 },
    { tells: 'the whole worker dies', window: undefined, most: 22 },
  ])('finds the one guilty item in at most $most crashes when $tells', ({ window, most }) => {
    fc.assert(
      fc.property(someItems, fc.nat(), (items, pick) => {
        const guilty = items[pick % items.length]!;
        const { crashes, quarantined } = runUntilQuiet(items, guilty, window);
        expect(quarantined).toEqual([guilty]);
        expect(crashes).toBeLessThanOrEqual(most);
      }),
    );
  });

  it('runs the shard again when its host died without holding any of it', () => {
    const shard = { pending: rangesOf([1, 2, 3]), losses: 1, isolated: true, suspects: [] };
    expect(planAfterLoss(shard)).toEqual({
      shards: [{ items: [[1, 4]], losses: 1, isolated: true }],
      quarantined: undefined,
    });
  });
});

/** A worker that dies whenever it holds the guilty item; the rest of what it holds ends well first or not at all. */
function runUntilQuiet(items: readonly number[], guilty: number, window: number | undefined) {
  const queue: ShardRemainder[] = [{ items: rangesOf(items), losses: 0, isolated: false }];
  const quarantined: number[] = [];
  let crashes = 0;
  for (let shard = queue.shift(); shard !== undefined; shard = queue.shift()) {
    const held = [...eachItem(shard.items)];
    const at = held.indexOf(guilty);
    if (at === -1) continue;
    crashes += 1;
    // What came before the window of the guilty item was committed.
    const size = shard.isolated ? 1 : window;
    const start = size === undefined ? 0 : at - (at % size);
    const pending = rangesOf(held.slice(start));
    const suspects = window === undefined ? undefined : held.slice(start, start + size!);
    const plan = planAfterLoss({ ...shard, pending, suspects });
    if (plan.quarantined !== undefined) quarantined.push(plan.quarantined);
    queue.push(...plan.shards);
    expect(plan.shards.every((next) => countItems(next.items) > 0)).toBe(true);
  }
  return { crashes, quarantined };
}
