/**
 * Which input pixels make an output pixel, and with what weight: `precompute_coeffs` and
 * `normalize_coeffs_8bpc` of Pillow's `src/libImaging/Resample.c`, operation for operation, because
 * one weight that rounds the other way changes pixels.
 */
export interface ResizeCoefficients {
  /** First input index of each output pixel. */
  readonly starts: Int32Array;
  /** Number of input pixels of each output pixel. */
  readonly counts: Int32Array;
  /** `taps` fixed-point weights for each output pixel; those past its count are 0. */
  readonly weights: Int32Array;
  readonly taps: number;
}

/** Bits after the point: 32 less 8 for the pixel and 2 for overshoot, as in Pillow. */
export const PRECISION_BITS = 32 - 8 - 2;

const BICUBIC_SUPPORT = 2;
const A = -0.5;

function bicubic(distance: number): number {
  const x = Math.abs(distance);
  if (x < 1) return ((A + 2) * x - (A + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * A;
  return 0;
}

const fixedPoint = (weight: number): number =>
  Math.trunc((weight < 0 ? -0.5 : 0.5) + weight * (1 << PRECISION_BITS));

export function bicubicCoefficients(inputSize: number, outputSize: number): ResizeCoefficients {
  const scale = inputSize / outputSize;
  // Shrinking widens the filter (antialias); growing keeps it at its natural size.
  const filterScale = Math.max(scale, 1);
  const support = BICUBIC_SUPPORT * filterScale;
  const taps = Math.ceil(support) * 2 + 1;
  const inverse = 1 / filterScale;
  const starts = new Int32Array(outputSize);
  const counts = new Int32Array(outputSize);
  const weights = new Int32Array(outputSize * taps);
  const row = new Float64Array(taps);

  for (let out = 0; out < outputSize; out++) {
    const center = (out + 0.5) * scale;
    const start = Math.max(Math.trunc(center - support + 0.5), 0);
    const count = Math.min(Math.trunc(center + support + 0.5), inputSize) - start;
    let sum = 0;
    for (let x = 0; x < count; x++) {
      const weight = bicubic((x + start - center + 0.5) * inverse);
      row[x] = weight;
      sum += weight;
    }
    for (let x = 0; x < count; x++) {
      const weight = row[x] ?? 0;
      weights[out * taps + x] = fixedPoint(sum === 0 ? weight : weight / sum);
    }
    starts[out] = start;
    counts[out] = count;
  }
  return { starts, counts, weights, taps };
}
