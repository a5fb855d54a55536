import type { ModelConfig } from '../../checkpoint/model-config.js';
import { EMBEDDING, expectedTensors, HEAD, ROWS } from '../../checkpoint/expected-tensors.js';
import type { Tuning } from '../recipe.js';

/** A tensor that the training changes. */
export interface LearnedTensor {
  /** Normal name (tensor-name.ts), or that of half a LoRA pair. */
  readonly name: string;
  readonly shape: readonly number[];
}

/** Half a pair: A [rank, inputs] and B [outputs, rank]. */
export const loraName = (linear: string, half: 'A' | 'B'): string =>
  `${linear}.lora_${half}.weight`;

/** In an order of their own, which states and files keep. Errors: `Error` on a target that the text model lacks. */
export function learnedTensors(
  config: ModelConfig,
  embeddingRows: number,
  tuning: Tuning,
  hasOwnHead = false,
): LearnedTensor[] {
  const all = [...expectedTensors(config)].map(([name, shape]) => ({
    name,
    shape: shape.map((size) => (size === ROWS ? embeddingRows : size)),
  }));
  if (hasOwnHead)
    all.push({ name: HEAD, shape: all.find(({ name }) => name === EMBEDDING)!.shape });
  switch (tuning.kind) {
    case 'full':
      return all;
    case 'text':
      return all.filter(({ name }) => !name.startsWith('vision.'));
    case 'tower':
      return [
        ...all.filter(({ name }) => name === EMBEDDING || /^(vision|projector)\./.test(name)),
        ...pointMaps(tuning.questions, config.text.hiddenSize),
      ];
    case 'lora':
      return all.filter(({ name }) => isTarget(name, tuning.targets)).flatMap(pairOf(tuning.rank));
  }
}

/** Of every question about a point but the first. No checkpoint keeps them. */
export const pointMapName = (question: number): string => `points.${question}.weight`;

function pointMaps(questions: number, size: number): LearnedTensor[] {
  return Array.from({ length: questions - 1 }, (_, index) => ({
    name: pointMapName(index + 1),
    shape: [size, size],
  }));
}

export function isTarget(name: string, targets: readonly string[]): boolean {
  const leaf = /^text\.layers\.\d+\.(?:self_attn|mlp)\.(\w+)\.weight$/.exec(name)?.[1];
  return leaf !== undefined && targets.includes(leaf);
}

const pairOf =
  (rank: number) =>
  ({ name, shape: [outputs, inputs] }: LearnedTensor): LearnedTensor[] => {
    const linear = name.replace(/\.weight$/, '');
    return [
      { name: loraName(linear, 'A'), shape: [rank, inputs!] },
      { name: loraName(linear, 'B'), shape: [outputs!, rank] },
    ];
  };
