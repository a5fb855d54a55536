import { Tensor } from 'onnxruntime-node';
import type { LearnedTensor } from '../graph/learned-tensors.js';
import type { Optimiser } from '../recipe.js';

/** All that an update changes. Maps are by tensor name; a moment that the optimiser does not have is missing. */
export interface LearnerState {
  /** Updates that were made. */
  readonly step: number;
  readonly weights: ReadonlyMap<string, Tensor>;
  readonly first: ReadonlyMap<string, Tensor>;
  readonly second: ReadonlyMap<string, Tensor>;
}

/** Before the first update: weights as given, moments of 0. */
export function firstState(
  learned: readonly LearnedTensor[],
  weightOf: (tensor: LearnedTensor, index: number) => Float32Array,
  optimiser: Optimiser,
): LearnerState {
  const of = (
    values: (tensor: LearnedTensor, index: number) => Float32Array,
  ): Map<string, Tensor> =>
    new Map(
      learned.map((tensor, index) => [
        tensor.name,
        new Tensor('float32', values(tensor, index), tensor.shape),
      ]),
    );
  const zeros = ({ shape }: LearnedTensor): Float32Array =>
    new Float32Array(shape.reduce((total, size) => total * size, 1));
  return {
    step: 0,
    weights: of(weightOf),
    first: of(zeros),
    second: optimiser.kind === 'adamw' ? of(zeros) : new Map(),
  };
}
