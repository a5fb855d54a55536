import { join } from 'node:path';
import { AppError } from '#contracts';
import { expectedTensors } from '../checkpoint/expected-tensors.js';
import { getJson, isObject, type JsonObject } from '../checkpoint/json-file.js';
import type { ModelConfig } from '../checkpoint/model-config.js';
import { readSafetensors, type StoredTensor } from '../checkpoint/safetensors-file.js';
import { normalTensorName } from '../checkpoint/tensor-name.js';
import { readFloats } from '../checkpoint/tensor-reader.js';
import { isLinear } from '../engine-folder/stored-forms.js';

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

function mustBePlainLora(config: JsonObject): void {
  if (config['peft_type'] !== 'LORA')
    throw unsupported(`its method is ${String(config['peft_type'])}`);
  for (const field of [
    'use_dora',
    'fan_in_fan_out',
    'use_qalora',
    'lora_bias',
    'megatron_config',
  ]) {
    if (config[field]) throw unsupported(`adapter_config.json sets ${field}`);
  }
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
    pairs.set(name, { ...pairs.get(name), layer, [half!]: tensor });
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
  const rank = A.shape[0] ?? 0;
  if (
    rank < 1 ||
    A.shape.join() !== `${rank},${inputs}` ||
    B.shape.join() !== `${outputs},${rank}`
  ) {
    throw new AppError(
      'adapter.wrong_shape',
      `${A.name} is [${A.shape}] and ${B.name} is [${B.shape}]; the layer takes [rank,${inputs}] and [${outputs},rank]. The adapter was trained on another model.`,
      { context: { tensor: A.name, A: A.shape, B: B.shape } },
    );
  }
  const alpha = number(
    'lora_alpha',
    byPattern(config['alpha_pattern'], layer) ?? config['lora_alpha'],
  );
  const scale = alpha / (config['use_rslora'] ? Math.sqrt(rank) : rank);
  return { down: readFloats(A), up: readFloats(B), rank, scale };
}

/** As PEFT's `get_pattern_key`: the pattern must match the end of the layer's name, from a dot on. */
function byPattern(patterns: unknown, layer: string): unknown {
  if (!isObject(patterns)) return undefined;
  const found = Object.keys(patterns).find((pattern) =>
    new RegExp(`^(.*\\.)?(${pattern})$`).test(layer),
  );
  return found === undefined ? undefined : patterns[found];
}

function number(field: string, value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw unsupported(`adapter_config.json has no number at ${field}`);
}

function unsupported(problem: string): AppError {
  return new AppError(
    'adapter.unsupported',
    `The adapter cannot be merged: ${problem}. Use a plain LoRA adapter of this model, or merge it with PEFT (merge_and_unload) and import the result.`,
    { context: { problem } },
  );
}
