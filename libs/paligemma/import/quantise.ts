import { INT4_BLOCK } from '../engine-folder/stored-forms.js';

/** Rows of a weight as bytes, with their scales. */
export interface QuantisedBlock {
  readonly numbers: Uint8Array;
  readonly scales: Float32Array;
}

/**
 * Rows [rows, inputs] of a weight to int8 [rows, inputs]: number = round(weight / scale), -127 to 127,
 * scale = largest of the row / 127.
 */
export function quantiseInt8(weights: Float32Array, rows: number): QuantisedBlock {
  const inputs = weights.length / rows;
  const numbers = new Int8Array(weights.length);
  const scales = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    const start = row * inputs;
    let largest = 0;
    for (let index = start; index < start + inputs; index++) {
      const size = Math.abs(weights[index]!);
      if (size > largest) largest = size;
    }
    // A row of zeros has any scale.
    const scale = Math.fround(largest / 127) || 1;
    scales[row] = scale;
    for (let index = start; index < start + inputs; index++) {
      numbers[index] = Math.round(weights[index]! / scale);
    }
  }
  return { numbers: new Uint8Array(numbers.buffer), scales };
}

/**
 * Rows [rows, inputs] to MatMulNBits' int4: bytes [rows, blocks, 16], the lower half of a byte first, 8 for zero,
 * and scales [rows, blocks]. A block is 32 inputs; the last is filled up with zeros.
 *
 * The scale's sign is chosen so that the block's largest number is -8 steps, the one step that has no opposite:
 * it is kept exactly, and the others get 1/8 of it instead of 1/7.
 */
export function quantiseInt4(weights: Float32Array, rows: number): QuantisedBlock {
  const inputs = weights.length / rows;
  const blocks = Math.ceil(inputs / INT4_BLOCK);
  const numbers = new Uint8Array((rows * blocks * INT4_BLOCK) / 2).fill(0x88);
  const scales = new Float32Array(rows * blocks);
  for (let block = 0; block < scales.length; block++) {
    const first = Math.floor(block / blocks) * inputs + (block % blocks) * INT4_BLOCK;
    const end = Math.min(first + INT4_BLOCK, (Math.floor(block / blocks) + 1) * inputs);
    let extreme = 0;
    for (let index = first; index < end; index++) {
      if (Math.abs(weights[index]!) > Math.abs(extreme)) extreme = weights[index]!;
    }
    const scale = Math.fround(extreme / -8) || 1;
    scales[block] = scale;
    for (let index = first; index < end; index++) {
      const step = Math.min(15, Math.max(0, Math.round(weights[index]! / scale) + 8));
      const place = (block * INT4_BLOCK) / 2 + ((index - first) >> 1);
      const isUpper = ((index - first) & 1) === 1;
      numbers[place] = isUpper
        ? (numbers[place]! & 0x0f) | (step << 4)
        : (numbers[place]! & 0xf0) | step;
    }
  }
  return { numbers, scales };
}

/** [rows, columns] of bytes -> [columns, rows], into `target`, whose rows are `width` long, from column `at` on. */
export function transposeInto(
  target: Uint8Array,
  width: number,
  at: number,
  source: Uint8Array,
  rows: number,
): void {
  const columns = source.length / rows;
  // Tiles: reading or writing with a stride of thousands of bytes misses the cache at every number.
  const tile = 64;
  for (let top = 0; top < rows; top += tile) {
    const bottom = Math.min(rows, top + tile);
    for (let left = 0; left < columns; left += tile) {
      const right = Math.min(columns, left + tile);
      for (let column = left; column < right; column++) {
        const to = column * width + at;
        for (let row = top; row < bottom; row++) target[to + row] = source[row * columns + column]!;
      }
    }
  }
}
