import fc from 'fast-check';
import { expect, it } from 'vitest';
import { encodeRuns, maskOfBitmap } from '#paligemma/pictures';
import { bitmapOfRuns } from './run-lengths.js';

const masks = fc
  .tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 }))
  .chain(([height, width]) =>
    fc.record({
      height: fc.constant(height),
      width: fc.constant(width),
      pixels: fc.uint8Array({ minLength: height * width, maxLength: height * width, max: 1 }),
    }),
  );

it('reads what the engine writes, whatever the mask', () => {
  fc.assert(
    fc.property(masks, ({ height, width, pixels }) => {
      const place = { width, height, x: 0, y: 0, boxWidth: width, boxHeight: height };
      const { counts } = encodeRuns(maskOfBitmap(place, pixels));
      expect(bitmapOfRuns(counts, height, width)).toEqual(pixels);
    }),
  );
});
