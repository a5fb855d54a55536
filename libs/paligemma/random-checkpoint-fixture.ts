/** For specs and benchmarks: checkpoints of any size with random weights. */
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EMBEDDING, expectedTensors, ROWS } from './checkpoint/expected-tensors.js';
import type { JsonObject } from './checkpoint/json-file.js';
import { publishedTensorName } from './checkpoint/published-name.js';
import { parseConfig } from './checkpoint/read-config.js';

const BLOCK_NUMBERS = 1 << 20;

/**
 * Writes config.json and model.safetensors (float32). Weights keep activations of ordinary size: uniform with
 * deviation 1 / sqrt(inputs). Every tensor differs: the runtime would share equal ones, and look faster than it is.
 */
export async function writeRandomCheckpoint(
  directory: string,
  config: JsonObject,
  embeddingRows: number,
): Promise<void> {
  await writeFile(join(directory, 'config.json'), JSON.stringify(config));
  const tensors = [...expectedTensors(parseConfig(config))].map(([name, shape]) => ({
    name: publishedTensorName(name),
    shape: shape.map((size) => (size === ROWS ? embeddingRows : size)),
    isNorm: shape.length === 1 && name.includes('norm') && name.startsWith('vision'),
    isEmbedding: name === EMBEDDING,
  }));
  let offset = 0;
  const header: Record<string, unknown> = {};
  for (const { name, shape } of tensors) {
    const end = offset + 4 * product(shape);
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, end] };
    offset = end;
  }
  const json = Buffer.from(JSON.stringify(header));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(json.length));
  const file = await open(join(directory, 'model.safetensors'), 'w');
  try {
    await file.write(Buffer.concat([prefix, json]));
    for (const [index, { shape, isNorm, isEmbedding }] of tensors.entries()) {
      const inputs = isEmbedding ? 16 : shape.length === 1 ? 100 : product(shape.slice(1));
      const numbers = randomBlocks(
        product(shape),
        index + 1,
        Math.sqrt(3 / inputs),
        isNorm ? 1 : 0,
      );
      for (const block of numbers) await file.write(new Uint8Array(block.buffer));
    }
  } finally {
    await file.close();
  }
}

function* randomBlocks(
  count: number,
  seed: number,
  range: number,
  mean: number,
): Generator<Float32Array> {
  let state = Math.imul(seed, 2654435761) >>> 0;
  for (let left = count; left > 0; left -= BLOCK_NUMBERS) {
    const block = new Float32Array(Math.min(left, BLOCK_NUMBERS));
    for (let index = 0; index < block.length; index++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      block[index] = mean + range * (state / 2 ** 31 - 1);
    }
    yield block;
  }
}

function product(shape: readonly number[]): number {
  return shape.reduce((total, size) => total * size, 1);
}
