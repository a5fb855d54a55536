import { join } from 'node:path';
import { AppError } from '#contracts';
import { expectedTensors } from '../checkpoint/expected-tensors.js';
import { getJson, type JsonObject } from '../checkpoint/json-file.js';
import type { ModelConfig } from '../checkpoint/model-config.js';
import { readSafetensors, type StoredTensor } from '../checkpoint/safetensors-file.js';
import { normalTensorName } from '../checkpoint/tensor-name.js';
import { readFloats } from '../checkpoint/tensor-reader.js';
import { isLinear } from '../engine-folder/stored-forms.js';
import { loraScale, mustBePlainLora, unsupported } from './lora-config.js';

/** What an adapter adds to one weight [outputs, inputs]: scale x up x down. */
export interface LoraDelta {
  /** [rank, inputs]: PEFT's lora_A. */
  readonly down: Float32Array;
  /** [outputs, rank]: PEFT's lora_B. */
  readonly up: Float32Array;
  readonly rank: number;
  readonly scale: number;
}

const KEY = /^base_model\.model\.(.+)\.lora_([AB])(?:\.default)?\.weight$/;

/**
 * Reads a LoRA adapter as PEFT saves it: adapter_config.json and adapter_model.safetensors. Normal name of a weight ->
 * what to add to it. Source of the arithmetic: peft/tuners/lora/layer.py (`get_delta_weight`, `update_layer`).
 * Errors: `adapter.unsupported` (another method, or tensors that are no LoRA pair of a linear layer of this model,
 * each named), `adapter.wrong_shape`, those of reading JSON and safetensors.
 */
export async function readLoraAdapter(
  directory: string,
  model: ModelConfig,
): Promise<ReadonlyMap<string, LoraDelta>> {
  const config = await getJson(directory, 'adapter_config.json');
  mustBePlainLora(config);
  const tensors = await readSafetensors(join(directory, 'adapter_model.safetensors'));
  const pairs = pair(tensors, model);
  return new Map([...pairs].map(([name, halves]) => [name, delta(name, halves, config, model)]));
}

/** rows [count, inputs] of a weight, from row `first` on, changed in place. */
export function addLoraRows(
  rows: Float32Array,
  first: number,
  { down, up, rank, scale }: LoraDelta,
): void {
  const inputs = down.length / rank;
  for (let row = 0; row * inputs < rows.length; row++) {
    for (let k = 0; k < rank; k++) {
      const factor = scale * up[(first + row) * rank + k]!;
      const from = k * inputs;
      const to = row * inputs;
      for (let index = 0; index < inputs; index++)
        rows[to + index]! += factor * down[from + index]!;
    }
  }
}

interface Halves {
  readonly A?: StoredTensor;
  readonly B?: StoredTensor;
  /** As PEFT calls the layer: patterns of the configuration match this. */
  readonly layer: string;
}

function pair(tensors: readonly StoredTensor[], model: ModelConfig): Map<string, Halves> {
  const expected = expectedTensors(model);
  const pairs = new Map<string, Halves>();
  for (const tensor of tensors) {
    const [, layer, half] = KEY.exec(tensor.name) ?? [];
    const name = layer && normalTensorName(`${layer}.weight`);
    const shape = name && expected.get(name);
    if (!layer || !name || !shape || !isLinear(name, shape as number[])) {
      throw unsupported(`${tensor.name} is no LoRA half of a linear layer of this model`);
    }
    const found = pairs.get(name);
    const earlier = found?.[half as 'A' | 'B'];
    if (earlier) throw unsupported(`${earlier.name} and ${tensor.name} are the same half`);
    pairs.set(name, { ...found, layer, [half!]: tensor });
  }
  if (pairs.size === 0) throw unsupported('it holds no tensors');
  return pairs;
}

function delta(
  name: string,
  { A, B, layer }: Halves,
  config: JsonObject,
  model: ModelConfig,
): LoraDelta {
  if (!A || !B) throw unsupported(`${name} has only one half of its pair`);
  const [outputs, inputs] = expectedTensors(model).get(name) as [number, number];
  const { rank, scale } = loraScale(config, layer);
  if (A.shape.join() !== `${rank},${inputs}` || B.shape.join() !== `${outputs},${rank}`) {
    throw new AppError(
      'adapter.wrong_shape',
      `${A.name} is [${A.shape}] and ${B.name} is [${B.shape}]; the layer takes [${rank},${inputs}] and [${outputs},${rank}]. Is adapter_config.json of the same adapter, and the adapter of this model?`,
      { context: { tensor: A.name, A: A.shape, B: B.shape } },
    );
  }
  const [down, up] = [readFloats(A), readFloats(B)];
  for (const [tensor, values] of [
    [A, down],
    [B, up],
  ] as const) {
    if (!values.every(Number.isFinite))
      throw unsupported(`${tensor.name} holds infinite numbers or none`);
  }
  return { down, up, rank, scale };
}
