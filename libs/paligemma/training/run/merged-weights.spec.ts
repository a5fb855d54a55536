import { Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../checkpoint/checkpoint.js';
import { getTensor } from '../../checkpoint/match-tensors.js';
import { readFloats } from '../../checkpoint/tensor-reader.js';
import { checkpointFolder } from '../../golden-fixture.js';
import { findMergeRefusal, mergedWeights } from './merged-weights.js';

const LAYER = 'text.layers.0.mlp.down_proj';
const OTHER = 'text.layers.0.mlp.up_proj.weight';
const lora = { kind: 'lora', rank: 2, alpha: 6, dropout: 0, targets: ['down_proj'] } as const;

/** Numbers that differ. */
const tensorOf = (rows: number, columns: number): Tensor => {
  const numbers = Float32Array.from({ length: rows * columns }, (_, n) => Math.sin(n + rows));
  return new Tensor('float32', numbers, [rows, columns]);
};

describe('mergedWeights', () => {
  it('adds alpha / rank * B A to a layer with a pair, and nothing to others', async () => {
    const { tensors } = await openCheckpoint(checkpointFolder('tiny-paligemma'));
    const stored = getTensor(tensors, `${LAYER}.weight`);
    const [outputs, inputs] = stored.shape as [number, number];
    const [a, b] = [tensorOf(2, inputs), tensorOf(outputs, 2)];
    const weights = new Map([
      [`${LAYER}.lora_A.weight`, a],
      [`${LAYER}.lora_B.weight`, b],
    ]);
    const numbersOf = mergedWeights(tensors, weights, lora);
    const [down, up] = [a.data as Float32Array, b.data as Float32Array];
    const before = readFloats(stored);
    const merged = numbersOf(`${LAYER}.weight`);
    let worst = 0;
    for (let row = 0; row < outputs; row++) {
      for (let column = 0; column < inputs; column++) {
        const product = [0, 1].reduce(
          (s, k) => s + up[row * 2 + k]! * down[k * inputs + column]!,
          0,
        );
        const at = row * inputs + column;
        worst = Math.max(worst, Math.abs(merged[at]! - (before[at]! + 3 * product)));
      }
    }
    expect(worst).toBeLessThan(1e-5);
    expect(numbersOf(OTHER)).toEqual(readFloats(getTensor(tensors, OTHER)));
  });

  it('takes a weight that was learned as it is', async () => {
    const { tensors } = await openCheckpoint(checkpointFolder('tiny-paligemma'));
    const learned = tensorOf(3, 4);
    const numbersOf = mergedWeights(tensors, new Map([[OTHER, learned]]), { kind: 'full' });
    expect(numbersOf(OTHER)).toBe(learned.data);
  });
});

describe('findMergeRefusal', () => {
  const model = (numbers: number) => new Map([['a', { shape: [numbers / 1024, 1024] }]]);

  it('lets a base of 2 GiB in float32 be written, and says why a larger one is not', () => {
    expect(findMergeRefusal(model(2 ** 29), lora)).toBeUndefined();
    expect(findMergeRefusal(model(3 * 2 ** 30), lora)).toContain('takes 12.0 GiB on disk');
  });

  it('has nothing to do with a run whose result is a checkpoint of its own', () => {
    expect(findMergeRefusal(model(3 * 2 ** 30), { kind: 'full' })).toBeUndefined();
  });
});
