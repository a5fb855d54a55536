import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EMBEDDING, expectedTensors, ROWS } from '../checkpoint/expected-tensors.js';
import type { JsonObject } from '../checkpoint/json-file.js';
import { publishedTensorName } from '../checkpoint/published-name.js';
import { parseConfig } from '../checkpoint/read-config.js';
import { SafetensorsWriter } from '../import/safetensors-writer.js';
import { normalDraw, randomStream } from '../generation/random-stream.js';
import { writeKnownRows, type KnownRows } from './first-rows.js';

/** Of positions, as SigLIP begins. */
const POSITION_DEVIATION = 0.02;

/**
 * Writes config.json and model.safetensors of a model that has learned nothing: for training from nothing. Its
 * tokenizer is for the caller to write.
 *
 * Matrices are normal with deviation 1 / sqrt(inputs), those that write to the residual stream divided by sqrt(2 layers)
 * more (GPT-2); rows of the embedding have deviation 1 / sqrt(hidden), since Gemma multiplies them by sqrt(hidden); norms
 * change nothing yet. `known` rows begin with what is known of their tokens. Equal seeds give equal bytes.
 * Errors: `checkpoint.unsupported`, `EEXIST` when there is one already.
 */
export async function writeFirstCheckpoint(
  directory: string,
  config: JsonObject,
  rows: number,
  seed: number,
  known: readonly KnownRows[] = [],
): Promise<void> {
  const model = parseConfig(config);
  const tensors = [...expectedTensors(model)].map(([name, sizes]) => ({
    name,
    shape: sizes.map((size) => (size === ROWS ? rows : size)),
  }));
  await mkdir(directory, { recursive: true });
  const writer = await SafetensorsWriter.create(
    join(directory, 'model.safetensors'),
    tensors.map(({ name, shape }) => ({ name: publishedTensorName(name), type: 'float32', shape })),
  );
  const random = randomStream(seed);
  for (const { name, shape } of tensors) {
    const layers = name.startsWith('text.') ? model.text.layers : model.vision.layers;
    const values = firstValues(name, shape, layers, random);
    if (name === EMBEDDING) {
      for (const range of known) writeKnownRows(values, shape[1]!, range, random);
    }
    await writer.write(publishedTensorName(name), new Uint8Array(values.buffer));
  }
  await writer.finish();
  await writeFile(join(directory, 'config.json'), `${JSON.stringify(config, undefined, 2)}\n`);
}

function firstValues(
  name: string,
  shape: readonly number[],
  layers: number,
  random: () => number,
): Float32Array<ArrayBuffer> {
  const count = shape.reduce((total, size) => total * size, 1);
  if (shape.length === 1) return new Float32Array(count).fill(isScale(name) ? 1 : 0);
  const deviation = deviationOf(name, shape, layers);
  return Float32Array.from({ length: count }, () => deviation * normalDraw(random));
}

/** LayerNorm multiplies by its weight, Gemma's norm by 1 + weight. */
function isScale(name: string): boolean {
  return name.startsWith('vision.') && name.includes('norm') && name.endsWith('.weight');
}

function deviationOf(name: string, shape: readonly number[], layers: number): number {
  if (name.includes('position_embedding')) return POSITION_DEVIATION;
  if (name === EMBEDDING) return 1 / Math.sqrt(shape[1]!);
  const inputs = shape.slice(1).reduce((total, size) => total * size, 1);
  const isLast = /\.(o_proj|out_proj|down_proj|fc2)\.weight$/.test(name);
  return 1 / Math.sqrt(inputs * (isLast ? 2 * layers : 1));
}
