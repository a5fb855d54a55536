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

const A = -0.5;

/** A kernel and how far it reaches when nothing is scaled. */
export interface Filter {
  readonly support: number;
  readonly weight: (distance: number) => number;
}

export const BICUBIC: Filter = {
  support: 2,
  weight: (distance) => {
    const x = Math.abs(distance);
    if (x < 1) return ((A + 2) * x - (A + 3)) * x * x + 1;
    if (x < 2) return (((x - 5) * x + 8) * x - 4) * A;
    return 0;
  },
};

export const BILINEAR: Filter = {
  support: 1,
  weight: (distance) => Math.max(0, 1 - Math.abs(distance)),
};

/** As `ResizeCoefficients`, before they are made fixed-point: what images of floats are resized with. */
export interface FilterWeights extends Omit<ResizeCoefficients, 'weights'> {
  readonly weights: Float64Array;
}

const fixedPoint = (weight: number): number =>
  Math.trunc((weight < 0 ? -0.5 : 0.5) + weight * (1 << PRECISION_BITS));

export function bicubicCoefficients(inputSize: number, outputSize: number): ResizeCoefficients {
  const exact = filterWeights(BICUBIC, inputSize, outputSize);
  return { ...exact, weights: Int32Array.from(exact.weights, fixedPoint) };
}

export function filterWeights(
  filter: Filter,
  inputSize: number,
  outputSize: number,
): FilterWeights {
  const scale = inputSize / outputSize;
  // Shrinking widens the filter (antialias); growing keeps it at its natural size.
  const filterScale = Math.max(scale, 1);
  const support = filter.support * filterScale;
  const taps = Math.ceil(support) * 2 + 1;
  const inverse = 1 / filterScale;
  const starts = new Int32Array(outputSize);
  const counts = new Int32Array(outputSize);
  const weights = new Float64Array(outputSize * taps);

  for (let out = 0; out < outputSize; out++) {
    const center = (out + 0.5) * scale;
    const start = Math.max(Math.trunc(center - support + 0.5), 0);
    const count = Math.min(Math.trunc(center + support + 0.5), inputSize) - start;
    const row = weights.subarray(out * taps, (out + 1) * taps);
    let sum = 0;
    for (let x = 0; x < count; x++) {
      const weight = filter.weight((x + start - center + 0.5) * inverse);
      row[x] = weight;
      sum += weight;
    }
    if (sum !== 0) for (let x = 0; x < count; x++) row[x] = row[x]! / sum;
    starts[out] = start;
    counts[out] = count;
  }
  return { starts, counts, weights, taps };
}
