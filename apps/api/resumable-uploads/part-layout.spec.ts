import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_PART_BYTES, MAX_PARTS } from '#contracts';
import { bytesOfPart, choosePartBytes, partCount } from './part-layout.js';

describe('the parts of an upload', () => {
  it('are few enough at any size, and together the whole', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: MAX_PARTS * MAX_PART_BYTES }), (bytes) => {
        const whole = { bytes, partBytes: choosePartBytes(bytes, undefined) };
        const count = partCount(whole);
        expect(count).toBeLessThanOrEqual(MAX_PARTS);
        const last = bytesOfPart(whole, count - 1);
        expect(last).toBeGreaterThan(0);
        expect((count - 1) * whole.partBytes + last).toBe(bytes);
        expect(() => bytesOfPart(whole, count)).toThrow(
          expect.objectContaining({ code: 'upload.no_such_part' }),
        );
      }),
    );
  });

  it('are as long as its owner wishes, unless that makes too many', () => {
    expect(choosePartBytes(2 ** 20, 65_536)).toBe(65_536);
    for (const [bytes, wanted] of [
      [65_536 * MAX_PARTS + 1, 65_536],
      [MAX_PARTS * MAX_PART_BYTES + 1, undefined],
    ] as const) {
      expect(() => choosePartBytes(bytes, wanted)).toThrow(
        expect.objectContaining({ code: 'upload.too_many_parts' }),
      );
    }
  });
});
