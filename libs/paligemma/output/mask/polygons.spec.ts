import fc from 'fast-check';
import { expect, it } from 'vitest';
import { bitmapOf, maskOfBitmap, type BoxedMask } from './boxed-mask.js';
import { polygonsOf } from './polygons.js';
import type { Ring } from './ring.js';

/** The even-odd rule at the middle of each pixel of the box: how many vertical edges lie to its left. */
function filled(mask: BoxedMask, rings: readonly Ring[]): Uint8Array {
  const inside = new Uint8Array(mask.boxWidth * mask.boxHeight);
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
        const mask = maskOfBitmap({ x, y, boxWidth, boxHeight, width: 20, height: 20 }, inside);
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
  const place = { x: 3, y: 4, boxWidth: 2, boxHeight: 3, width: 9, height: 9 };
  expect(polygonsOf(maskOfBitmap(place, new Uint8Array(6).fill(1)))).toEqual([
    [3, 4, 5, 4, 5, 7, 3, 7],
  ]);
});

/** A disc with a round hole beside its middle. */
function ringed(radius: number): BoxedMask {
  const side = radius * 2;
  const place = { x: 5, y: 7, boxWidth: side, boxHeight: side, width: side + 9, height: side + 9 };
  const bitmap = Uint8Array.from({ length: side * side }, (_, index) => {
    const [x, y] = [(index % side) - radius, Math.floor(index / side) - radius];
    return Math.hypot(x, y) < radius && Math.hypot(x - radius / 4, y) > radius / 3 ? 1 : 0;
  });
  return maskOfBitmap(place, bitmap);
}

/** From a corner to the nearest point of an outline. */
function distanceTo(ring: Ring, x: number, y: number): number {
  return Math.min(
    ...edges(ring).map(([x1, y1, x2, y2]) => {
      const length = (x2 - x1) ** 2 + (y2 - y1) ** 2;
      const along = ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / length;
      const part = Math.min(1, Math.max(0, along));
      return Math.hypot(x1 + part * (x2 - x1) - x, y1 + part * (y2 - y1) - y);
    }),
  );
}

it('leaves corners out as far as it may, and no farther', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 8, max: 60 }),
      fc.double({ min: 0.75, max: 3, noNaN: true }),
      (radius, tolerance) => {
        const mask = ringed(radius);
        const exact = polygonsOf(mask);
        const fewer = polygonsOf(mask, { tolerance });
        // A small hole may vanish, the disc does not.
        expect([1, exact.length]).toContain(fewer.length);
        for (const [index, ring] of fewer.entries()) {
          expect(ring.length).toBeLessThan(exact[index]!.length);
          for (const [x1, y1] of edges(exact[index]!)) {
            expect(distanceTo(ring, x1, y1)).toBeLessThanOrEqual(tolerance + 1e-9);
          }
        }
      },
    ),
    { numRuns: 60 },
  );
});

it('is exact without tolerance, and keeps hole and disc apart', () => {
  const mask = ringed(20);
  expect(polygonsOf(mask)).toHaveLength(2);
  expect(filled(mask, polygonsOf(mask))).toEqual(bitmapOf(mask));
});
