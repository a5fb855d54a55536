import { normalDraw } from '../../generation/random-stream.js';
import {
  CODEBOOK,
  maskDecoderArrays,
  type MaskDecoderSizes,
} from '../../output/mask/decoder-graph.js';
import type { NumpyArray } from '../../output/mask/npz-file.js';
import type { LearnedTensor } from '../graph/learned-tensors.js';
import { keptNumber } from './kept-number.js';
import { CELL_SIZE } from './mask-encoder.js';

/**
 * What is trained of the decoder: some channels of each layer. The rest of the published layout stays 0, which changes
 * no mask. It is half the work, and a file of a third.
 */
export const TRAINED_SIZES: MaskDecoderSizes = {
  word: CELL_SIZE,
  hidden: 64,
  upsampled: [64, 48, 32, 16],
};

export const codecTensors = (): readonly LearnedTensor[] =>
  [...maskDecoderArrays(TRAINED_SIZES)].map(([name, shape]) => ({ name, shape }));

/** Code words begin as the typical cells, -1 to 1: like cells are near words. Matrices: He et al. 2015. Biases: 0. */
export function firstWeightsOf(
  { name, shape }: LearnedTensor,
  cells: Float32Array,
  random: () => number,
): Float32Array {
  if (name === CODEBOOK) return cells.map((value) => 2 * value - 1);
  const count = sizeOf(shape);
  if (shape.length === 1) return new Float32Array(count);
  // Each output of a layer that doubles the size reads a quarter of its kernel.
  const inputs = shape[2] === 4 ? shape[0]! * 4 : count / shape[0]!;
  const deviation = Math.sqrt(2 / inputs);
  return Float32Array.from({ length: count }, () => deviation * normalDraw(random));
}

/** An array of the decoder as trained, in the published layout, as it is kept in the file. */
export function published(name: string, data: Float32Array): NumpyArray {
  const shape = maskDecoderArrays().get(name)!;
  return {
    shape,
    data: spread(data, maskDecoderArrays(TRAINED_SIZES).get(name)!, shape).map(keptNumber),
  };
}

/** Into a larger array of as many axes, whose other numbers are 0. */
function spread(data: Float32Array, from: readonly number[], to: readonly number[]): Float32Array {
  const wide = new Float32Array(sizeOf(to));
  data.forEach((value, index) => {
    let [rest, target, stride] = [index, 0, 1];
    for (let axis = from.length - 1; axis >= 0; axis--) {
      target += (rest % from[axis]!) * stride;
      rest = Math.floor(rest / from[axis]!);
      stride *= to[axis]!;
    }
    wide[target] = value;
  });
  return wide;
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((total, size) => total * size, 1);
}
