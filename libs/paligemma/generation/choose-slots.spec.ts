import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseSlots } from './choose-slots.js';

const GB = 1e9;
const size = fc.integer({ min: 1, max: 100 * GB });

describe('chooseSlots', () => {
  it.each([
    // PaliGemma 3B in int8, 2,304 tokens; PaliGemma 2 3B, whose cache is six times larger; 28B in 32 GB.
    ['16 GB', 16, 2.5, 0.085, 16],
    ['16 GB, large cache', 16, 3.4, 0.49, 15],
    ['8 GB, large cache', 8, 3.4, 0.49, 4],
    ['too little for one', 4, 3.4, 0.49, 1],
  ])('takes what fits: %s', (_, memory, weights, slot, expected) => {
    const sizes = { weightBytes: weights * GB, slotBytes: slot * GB };
    expect(chooseSlots({}, sizes, memory * GB)).toBe(expected);
  });

  it('never takes more keys and values than it may', () => {
    fc.assert(
      fc.property(size, size, size, size, (keyValueBytes, weightBytes, slotBytes, memory) => {
        fc.pre(slotBytes <= keyValueBytes);
        const slots = chooseSlots({ keyValueBytes }, { weightBytes, slotBytes }, memory);
        expect(slots).toBeGreaterThanOrEqual(1);
        expect(slots * slotBytes).toBeLessThanOrEqual(keyValueBytes);
      }),
    );
  });

  it('does as it is told, or says why it cannot', () => {
    const sizes = { weightBytes: 1, slotBytes: 100 };
    expect(chooseSlots({ slots: 40 }, sizes, 10)).toBe(40);
    expect(chooseSlots({ slots: 4, keyValueBytes: 400 }, sizes)).toBe(4);
    for (const wishes of [{ slots: 5, keyValueBytes: 400 }, { keyValueBytes: 99 }]) {
      expect(() => chooseSlots(wishes, sizes)).toThrow(
        expect.objectContaining({
          code: 'engine.memory',
          message: expect.stringContaining('maxNewTokens'),
        }),
      );
    }
  });
});
