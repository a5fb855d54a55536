import { normalDraw } from '../generation/random-stream.js';

/** Rows of the embedding that begin with what is known of the things that their tokens stand for. */
export interface KnownRows {
  readonly first: number;
  readonly count: number;
  /**
   * Of each row what it stands for, [count, width]: rows begin as far from each other as these. Absent where they stand
   * for places in a row, as the `<loc>` tokens do: then neighbours are near.
   */
  readonly vectors?: Float32Array;
}

/** Least and most rows over which places stay alike. */
const REACH = [6, 300] as const;

/** Overwrites rows of an embedding [rows, size], each of length 1. */
export function writeKnownRows(
  values: Float32Array,
  size: number,
  { first, count, vectors }: KnownRows,
  random: () => number,
): void {
  const rows = values.subarray(first * size, (first + count) * size);
  if (vectors) writeProjections(rows, size, vectors, vectors.length / count, random);
  else writeWaves(rows, size, random);
}

/**
 * Random Fourier features of the place (Rahimi and Recht 2007), with waves of many lengths: a place is then learned as a
 * few numbers, and not as so many tokens that know nothing of each other.
 */
function writeWaves(rows: Float32Array, size: number, random: () => number): void {
  const [least, most] = REACH;
  for (let column = 0; column + 1 < size; column += 2) {
    const reach = least * (most / least) ** random();
    const [frequency, phase] = [normalDraw(random) / reach, 2 * Math.PI * random()];
    for (let row = 0; row * size < rows.length; row++) {
      const angle = frequency * row + phase;
      rows[row * size + column] = Math.cos(angle) * Math.sqrt(2 / size);
      rows[row * size + column + 1] = Math.sin(angle) * Math.sqrt(2 / size);
    }
  }
}

/** A random projection of the vectors' differences from their mean keeps how far they are apart. */
function writeProjections(
  rows: Float32Array,
  size: number,
  vectors: Float32Array,
  width: number,
  random: () => number,
): void {
  const count = vectors.length / width;
  const mean = Float64Array.from({ length: width }, (_, at) => {
    let sum = 0;
    for (let row = 0; row < count; row++) sum += vectors[row * width + at]!;
    return sum / count;
  });
  const directions = Float64Array.from({ length: size * width }, () => normalDraw(random));
  for (let row = 0; row < count; row++) {
    const projected = Array.from({ length: size }, (_, column) => {
      let sum = 0;
      for (let at = 0; at < width; at++) {
        sum += directions[column * width + at]! * (vectors[row * width + at]! - mean[at]!);
      }
      return sum;
    });
    const length = Math.hypot(...projected) || 1;
    projected.forEach((value, column) => (rows[row * size + column] = value / length));
  }
}
