import { BILINEAR, filterWeights, type FilterWeights } from '../../image/resize-coefficients.js';
import { RunWriter, type BoxedMask } from './boxed-mask.js';
import { MASK_SIZE } from './decoder-graph.js';

/**
 * Puts a decoded mask [64, 64] into its box, as big_vision's evaluator does: the box's corners are cut to whole pixels,
 * the numbers are resized with Pillow's bilinear filter, and only then held against 0.
 * Box: x1, y1, x2, y2 in pixels of the image. A box of less than a pixel has no mask: `undefined`.
 */
export function pasteMask(
  mask: Float32Array,
  box: readonly [number, number, number, number],
  image: { readonly width: number; readonly height: number },
): BoxedMask | undefined {
  const { width, height } = image;
  const [x1, y1, x2, y2] = box.map(Math.trunc) as [number, number, number, number];
  const x = Math.max(0, x1);
  const y = Math.max(0, y1);
  const boxWidth = Math.min(width, x2) - x;
  const boxHeight = Math.min(height, y2) - y;
  if (boxWidth < 1 || boxHeight < 1) return undefined;
  const runs = resizedRuns(mask, boxWidth, boxHeight);
  return { width, height, x, y, boxWidth, boxHeight, runs };
}

/**
 * Pillow's `Image.resize((width, height), BILINEAR)` of a 64 x 64 image of mode F, above 0: rows first, float32 between
 * and after. The second pass goes column by column and keeps runs alone.
 */
function resizedRuns(mask: Float32Array, width: number, height: number): readonly number[] {
  const columns = resizeRows(mask, width);
  const down = filterWeights(BILINEAR, MASK_SIZE, height);
  const bands = bandsOf(down);
  const runs = new RunWriter();
  for (let column = 0; column < width; column++) {
    const numbers = columns.subarray(column * MASK_SIZE, (column + 1) * MASK_SIZE);
    for (const band of bands) addBand(numbers, band, down, runs);
  }
  return runs.end();
}

/** [64, 64] row-major -> [width, 64]: the columns of the resized rows. */
function resizeRows(mask: Float32Array, width: number): Float32Array {
  const columns = new Float32Array(width * MASK_SIZE);
  const { starts, counts, weights, taps } = filterWeights(BILINEAR, MASK_SIZE, width);
  for (let out = 0; out < width; out++) {
    for (let row = 0; row < MASK_SIZE; row++) {
      const from = row * MASK_SIZE + starts[out]!;
      let sum = 0;
      for (let tap = 0; tap < counts[out]!; tap++) {
        sum += mask[from + tap]! * weights[out * taps + tap]!;
      }
      columns[out * MASK_SIZE + row] = sum;
    }
  }
  return columns;
}

/** Output pixels `from` up to `to` that are made of the same numbers, with weights of their own. */
interface Band {
  readonly from: number;
  readonly to: number;
  readonly start: number;
  readonly count: number;
}

function bandsOf({ starts, counts }: FilterWeights): Band[] {
  const bands: Band[] = [];
  for (let from = 0, to; from < starts.length; from = to) {
    const [start, count] = [starts[from]!, counts[from]!];
    for (to = from + 1; starts[to] === start && counts[to] === count;) to++;
    bands.push({ from, to, start, count });
  }
  return bands;
}

function addBand(numbers: Float32Array, band: Band, weights: FilterWeights, runs: RunWriter): void {
  const { from, to, start, count } = band;
  let positive = 0;
  for (let tap = 0; tap < count; tap++) if (numbers[start + tap]! > 0) positive++;
  // Weights are not negative and sum to 1: numbers of one sign give that sign. Most of a large mask ends here.
  if (positive === 0 || positive === count) return runs.add(positive > 0, to - from);
  for (let out = from; out < to; out++) {
    let sum = 0;
    for (let tap = 0; tap < count; tap++) {
      sum += numbers[start + tap]! * weights.weights[out * weights.taps + tap]!;
    }
    runs.add(Math.fround(sum) > 0, 1);
  }
}
