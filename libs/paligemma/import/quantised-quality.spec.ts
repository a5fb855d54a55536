/**
 * What quantising costs on weights with the structure that makes it hard: channels that are thirty times larger than
 * the others behind every norm and every activation function, and a first token of massive activations.
 */
import { copyFile, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readSafetensors, type StoredTensor } from '../checkpoint/safetensors-file.js';
import { openModel } from '../engine-folder/open-model.js';
import { CpuModelRunner } from '../generation/cpu-model-runner.js';
import { checkpointFolder, goldenPicture } from '../golden-fixture.js';
import { writeRandomCheckpoint } from '../random-checkpoint-fixture.js';
import { importCheckpoint } from './import-checkpoint.js';

const VOCABULARY = 1664;
const PROMPTS = 24;
const BOS = 2;
const CONFIG = {
  model_type: 'paligemma',
  image_token_index: VOCABULARY,
  projection_dim: 128,
  text_config: {
    model_type: 'gemma',
    hidden_size: 128,
    intermediate_size: 5120,
    num_hidden_layers: 3,
    num_attention_heads: 4,
    num_key_value_heads: 1,
    head_dim: 64,
  },
  vision_config: {
    hidden_size: 48,
    intermediate_size: 96,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    image_size: 56,
    patch_size: 14,
  },
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'quality-'));
  await writeRandomCheckpoint(folder, CONFIG, VOCABULARY);
  await copyFile(
    join(checkpointFolder('tiny-paligemma'), 'tokenizer.json'),
    join(folder, 'tokenizer.json'),
  );
  await makeHard(join(folder, 'model.safetensors'));
});
afterAll(() => rm(folder, { recursive: true }));

async function makeHard(path: string): Promise<void> {
  const tensors = await readSafetensors(path);
  const file = await open(path, 'r+');
  const scale = async (
    tensor: StoredTensor,
    first: number,
    count: number,
    factor: number,
  ): Promise<void> => {
    const numbers = new Float32Array(count);
    const bytes = new Uint8Array(numbers.buffer);
    await file.read(bytes, 0, bytes.length, tensor.offset + 4 * first);
    for (let index = 0; index < count; index++) numbers[index] = numbers[index]! * factor;
    await file.write(bytes, 0, bytes.length, tensor.offset + 4 * first);
  };
  for (const tensor of tensors) {
    const [rows, inputs = 0] = tensor.shape as [number, number?];
    // Stored is w of 1 + w, a tenth at random: 300 times makes it 30.
    if (/language_model.*layernorm\.weight$/.test(tensor.name)) {
      for (const channel of [3, 64, 99]) await scale(tensor, channel, 1, 300);
    }
    if (tensor.name.endsWith('gate_proj.weight')) {
      for (let row = 7; row < rows; row += 640) await scale(tensor, row * inputs, inputs, 12);
    }
    if (tensor.name.endsWith('embed_tokens.weight')) await scale(tensor, BOS * inputs, inputs, 40);
  }
  await file.close();
}

/** Logits behind each prompt. */
async function logitsOf(directory: string): Promise<Float32Array[]> {
  const runner = await CpuModelRunner.open(await openModel(directory), {
    slots: 1,
    maxTokens: 64,
    vocabularySize: VOCABULARY,
  });
  const all: Float32Array[] = [];
  for (let prompt = 0; prompt < PROMPTS; prompt++) {
    const image = await runner.encode(goldenPicture(prompt + 1, 56));
    const text = Array.from(
      { length: 4 + (prompt % 9) },
      (_, index) => 8 + ((prompt * 37 + index * 91) % 500),
    );
    const prefix = [...Array<number>(image.tokens).fill(VOCABULARY), BOS, ...text, 5];
    all.push(await runner.logits(image, prefix, 1));
  }
  await runner.close();
  return all;
}

const best = (logits: Float32Array): number =>
  logits.indexOf(logits.reduce((a, b) => Math.max(a, b)));
const norm = (values: Float32Array): number =>
  Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0));

it.each([
  ['int8', 0.1, 0.75],
  ['int4', 0.3, 0.5],
] as const)(
  '%s: relative error below %f, the same token in more than %f of the prompts',
  async (precision, most, least) => {
    const target = join(folder, precision);
    await importCheckpoint(folder, target, { precision });
    const exact = await logitsOf(folder);
    const actual = await logitsOf(target);
    const errors = exact.map((logits, index) => {
      const other = actual[index]!;
      return norm(logits.map((value, id) => other[id]! - value)) / norm(logits);
    });
    const error = errors.reduce((sum, value) => sum + value, 0) / PROMPTS;
    const agreement =
      exact.filter((logits, index) => best(logits) === best(actual[index]!)).length / PROMPTS;
    console.log(
      `${precision}: relative error ${error.toFixed(4)}, same token ${agreement.toFixed(2)}`,
    );
    expect(error).toBeLessThan(most);
    expect(agreement).toBeGreaterThan(least);
  },
);
