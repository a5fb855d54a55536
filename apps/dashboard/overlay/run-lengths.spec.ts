import fc from 'fast-check';
import { expect, it } from 'vitest';
import { encodeRuns, maskOfBitmap } from '#paligemma/pictures';
import { maskInCanvas } from './run-lengths.js';

const side = fc.integer({ min: 1, max: 40 });
const masks = fc.tuple(side, side).chain(([height, width]) =>
  fc.record({
    height: fc.constant(height),
    width: fc.constant(width),
    pixels: fc.uint8Array({ minLength: height * width, maxLength: height * width, max: 1 }),
  }),
);

const runsOf = ({
  width,
  height,
  pixels,
}: {
  width: number;
  height: number;
  pixels: Uint8Array;
}) => {
  const place = { width, height, x: 0, y: 0, boxWidth: width, boxHeight: height };
  const { size, counts } = encodeRuns(maskOfBitmap(place, pixels));
  return { size: [...size] as [number, number], counts };
};

it('reads what the engine writes, whatever the mask', () => {
  fc.assert(
    fc.property(masks, (mask) => {
      expect(maskInCanvas(runsOf(mask), mask)).toEqual(mask.pixels);
    }),
  );
});

it('shows in a canvas of any size what lies under the middle of each of its pixels', () => {
  fc.assert(
    fc.property(masks, side, side, (mask, width, height) => {
      const shown = maskInCanvas(runsOf(mask), { width, height });
      const wanted = Array.from({ length: width * height }, (_, i) => {
        const x = Math.floor((((i % width) + 0.5) * mask.width) / width);
        const y = Math.floor(((Math.floor(i / width) + 0.5) * mask.height) / height);
        return mask.pixels[y * mask.width + x];
      });
      expect([...shown]).toEqual(wanted);
    }),
  );
});
