import type { Checkpoint } from '../../checkpoint/checkpoint.js';
import { getTensor } from '../../checkpoint/match-tensors.js';
import { readFloats } from '../../checkpoint/tensor-reader.js';
import { randomStream } from '../../generation/random-stream.js';
import type { LearnedTensor } from '../graph/learned-tensors.js';

/**
 * What learning begins with: the checkpoint's numbers; of a LoRA pair A evenly within +-1 / sqrt(inputs) and B of 0, as
 * PEFT (kaiming_uniform with a = sqrt(5)), so that the pair does nothing yet.
 */
export function firstWeights(
  checkpoint: Checkpoint,
  seed: number,
): (tensor: LearnedTensor, index: number) => Float32Array {
  return ({ name, shape }, index) => {
    const stored = checkpoint.tensors.get(name);
    if (stored) return readFloats(getTensor(checkpoint.tensors, name));
    const values = new Float32Array(shape.reduce((total, size) => total * size, 1));
    if (name.endsWith('.lora_B.weight')) return values;
    const bound = 1 / Math.sqrt(shape[1]!);
    const random = randomStream(Math.imul(seed + 1, 0x9e37_79b1) + index);
    return values.map(() => (2 * random() - 1) * bound);
  };
}
