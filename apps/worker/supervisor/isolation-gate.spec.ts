import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IsolationGate } from './isolation-gate.js';

describe('IsolationGate', () => {
  it('lets shards in together, and a suspect only alone', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(fc.boolean(), { maxLength: 30 }),
        async (scheduler, kinds) => {
          const gate = new IsolationGate();
          const inside = new Set<boolean>();
          let shared = 0;
          let alone = 0;
          const visit = async (isAlone: boolean): Promise<void> => {
            const leave = await gate.enter(isAlone);
            if (isAlone) alone += 1;
            else shared += 1;
            expect(alone === 0 || (alone === 1 && shared === 0)).toBe(true);
            await scheduler.schedule(Promise.resolve());
            if (isAlone) alone -= 1;
            else shared -= 1;
            inside.add(isAlone);
            leave();
          };
          const visits = kinds.map(visit);
          await scheduler.waitFor(Promise.all(visits));
          expect(shared + alone).toBe(0);
          expect(inside.size).toBe(new Set(kinds).size);
        },
      ),
    );
  });

  it('starves neither kind: they enter in the order they came', async () => {
    const gate = new IsolationGate();
    const order: string[] = [];
    const first = await gate.enter(false);
    const suspect = gate.enter(true).then((leave) => {
      order.push('suspect');
      leave();
    });
    const late = gate.enter(false).then((leave) => {
      order.push('late');
      leave();
    });
    first();
    await Promise.all([suspect, late]);
    expect(order).toEqual(['suspect', 'late']);
  });
});
