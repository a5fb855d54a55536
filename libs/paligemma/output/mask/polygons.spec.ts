import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { BoxedMask } from './paste-mask.js';
import { polygonsOf, type Ring } from './polygons.js';

/** The even-odd rule at the middle of each pixel of the box: how many vertical edges lie to its left. */
function filled(mask: BoxedMask, rings: readonly Ring[]): Uint8Array {
  const inside = new Uint8Array(mask.inside.length);
  for (let row = 0; row < mask.boxHeight; row++) {
    for (let column = 0; column < mask.boxWidth; column++) {
      const [x, y] = [mask.x + column + 0.5, mask.y + row + 0.5];
      const crossed = rings.flatMap(edges).filter(([x1, y1, , y2]) => x1 < x && y1 < y !== y2 < y);
      inside[row * mask.boxWidth + column] = crossed.length % 2;
    }
  }
  return inside;
}

const edges = (ring: Ring): [number, number, number, number][] =>
  ring.flatMap((_, index) =>
    index % 2 === 1
      ? []
      : [
          [
            ring[index]!,
            ring[index + 1]!,
            ring[(index + 2) % ring.length]!,
            ring[(index + 3) % ring.length]!,
          ],
        ],
  );

it('gives the mask back when it is filled, whatever the mask', () => {
  const size = fc.integer({ min: 1, max: 8 });
  fc.assert(
    fc.property(
      size,
      size,
      fc.nat(5),
      fc.nat(5),
      fc.infiniteStream(fc.nat(1)),
      (boxWidth, boxHeight, x, y, bits) => {
        const inside = Uint8Array.from({ length: boxWidth * boxHeight }, () => bits.next().value!);
        const mask: BoxedMask = { x, y, boxWidth, boxHeight, inside, width: 20, height: 20 };
        const rings = polygonsOf(mask);
        expect(filled(mask, rings)).toEqual(inside);
        for (const ring of rings) {
          // Corners only: each edge turns from the one before.
          const ways = edges(ring).map(
            ([x1, y1, x2, y2]) => (x1 === x2) !== (y1 === y2) && x1 === x2,
          );
          expect(ways.every((way, index) => way !== ways[(index + 1) % ways.length])).toBe(true);
        }
      },
    ),
    { numRuns: 500 },
  );
});

it('makes a rectangle of a rectangle', () => {
  const mask: BoxedMask = {
    x: 3,
    y: 4,
    boxWidth: 2,
    boxHeight: 3,
    inside: new Uint8Array(6).fill(1),
    width: 9,
    height: 9,
  };
  expect(polygonsOf(mask)).toEqual([[3, 4, 5, 4, 5, 7, 3, 7]]);
});
