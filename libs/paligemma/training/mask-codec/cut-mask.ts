import { BILINEAR, filterWeights, type FilterWeights } from '../../image/resize-coefficients.js';
import { MASK_SIZE } from '../../output/mask/decoder-graph.js';

/**
 * What a box holds of a mask [height, width] of 0 and 1, at the codec's size: [64, 64], 0 to 1, resized with Pillow's
 * bilinear filter. The way back is `pasteMask`. Box: x1, y1, x2, y2 in whole pixels, inside the mask.
 */
export function cutMask(
  mask: Uint8Array | Float32Array,
  width: number,
  [x1, y1, x2, y2]: readonly [number, number, number, number],
): Float32Array {
  const columns = filterWeights(BILINEAR, x2 - x1, MASK_SIZE);
  const rows = filterWeights(BILINEAR, y2 - y1, MASK_SIZE);
  const narrow = Array.from({ length: y2 - y1 }, (_, y) =>
    resized(mask.subarray((y1 + y) * width + x1, (y1 + y) * width + x2), columns),
  );
  const cut = new Float32Array(MASK_SIZE * MASK_SIZE);
  for (let x = 0; x < MASK_SIZE; x++) {
    const column = resized(
      narrow.map((row) => row[x]!),
      rows,
    );
    column.forEach((value, y) => (cut[y * MASK_SIZE + x] = value));
  }
  return cut;
}

function resized(
  line: ArrayLike<number>,
  { starts, counts, weights, taps }: FilterWeights,
): Float64Array {
  return Float64Array.from(starts, (start, at) => {
    let sum = 0;
    for (let tap = 0; tap < counts[at]!; tap++) {
      sum += line[start + tap]! * weights[at * taps + tap]!;
    }
    return sum;
  });
}
