import type { Tensor } from 'onnxruntime-node';
import { getTensor, type TensorMap } from '../../checkpoint/match-tensors.js';
import { readFloats } from '../../checkpoint/tensor-reader.js';
import { addLoraRows } from '../../import/lora-adapter.js';
import { loraName } from '../graph/learned-tensors.js';
import type { LoraTuning, Tuning } from '../recipe.js';

/** In float32; PaliGemma's 3B are 12 GB. */
const MOST_MERGED_BYTES = 2 * 2 ** 30;

type Weights = ReadonlyMap<string, Tensor>;

/** Each weight of a model as it is after learning: the learned one, the base's, or the base's with its LoRA pair added. */
export function mergedWeights(
  tensors: TensorMap,
  weights: Weights,
  tuning: Tuning,
): (name: string) => Float32Array {
  return (name) => {
    const learned = weights.get(name);
    if (learned) return learned.data as Float32Array;
    const numbers = readFloats(getTensor(tensors, name));
    if (tuning.kind === 'lora') addPair(numbers, name.replace(/\.weight$/, ''), weights, tuning);
    return numbers;
  };
}

/** Changes the numbers [outputs, inputs] of a linear layer that has a pair; leaves others. */
function addPair(
  numbers: Float32Array,
  linear: string,
  weights: Weights,
  { rank, alpha }: LoraTuning,
): void {
  const [down, up] = (['A', 'B'] as const).map((half) => weights.get(loraName(linear, half)));
  if (!down || !up) return;
  const pair = { down: down.data as Float32Array, up: up.data as Float32Array };
  addLoraRows(numbers, 0, { ...pair, rank, scale: alpha / rank });
}

/** Why an adapter is not merged at every evaluation, for people; undefined when it is, or when there is none. */
export function findMergeRefusal(
  tensors: ReadonlyMap<string, { readonly shape: readonly number[] }>,
  tuning: Tuning,
): string | undefined {
  const numbers = [...tensors.values()].reduce(
    (sum, { shape }) => sum + shape.reduce((count, size) => count * size, 1),
    0,
  );
  const bytes = 4 * numbers;
  if (tuning.kind !== 'lora' || bytes <= MOST_MERGED_BYTES) return undefined;
  const gibibytes = (bytes / 2 ** 30).toFixed(1);
  return `Answers are not scored: with its base the adapter takes ${gibibytes} GiB on disk, and up to ${MOST_MERGED_BYTES / 2 ** 30} are written for it at an evaluation. Import the result to score its answers.`;
}
