import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Tensor } from 'onnxruntime-node';
import { afterAll, describe, expect, it } from 'vitest';
import { openCheckpoint, type Checkpoint } from '../checkpoint/checkpoint.js';
import { writeRandomCheckpoint } from '../random-checkpoint-fixture.js';
import { keyParts, RUN } from './cache-layout.js';
import { decoderGraph, decoderPorts } from './decoder-graph.js';
import { GraphSession } from './graph-session.js';

const HIDDEN = -1e30;
const MAX_POSITIONS = 1024;
const LENGTHS = [300, 41, 383, 1, 128];
/** True head sizes and groupings, where the runtime blocks its sums; the rest is small. */
const SHAPES = {
  'PaliGemma 3B': {
    model_type: 'gemma',
    num_attention_heads: 8,
    num_key_value_heads: 1,
    head_dim: 256,
  },
  'PaliGemma 2 3B': {
    model_type: 'gemma2',
    num_attention_heads: 8,
    num_key_value_heads: 4,
    head_dim: 256,
  },
  'PaliGemma 2 28B': {
    model_type: 'gemma2',
    num_attention_heads: 8,
    num_key_value_heads: 4,
    head_dim: 128,
  },
};

function randomFloats(count: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

async function setup(text: object) {
  const folder = await mkdtemp(join(tmpdir(), 'decoder-'));
  const config = {
    model_type: 'paligemma',
    text_config: { ...text, hidden_size: 320, intermediate_size: 640, num_hidden_layers: 2 },
    vision_config: {
      hidden_size: 16,
      intermediate_size: 16,
      num_hidden_layers: 1,
      num_attention_heads: 2,
      image_size: 28,
    },
  };
  await writeRandomCheckpoint(folder, config, 32);
  const checkpoint = await openCheckpoint(folder);
  const session = await GraphSession.open(decoderGraph(checkpoint, MAX_POSITIONS), {
    weightFolder: folder,
    // More than most machines have: the runtime divides the work as if they were there.
    threads: 16,
  });
  afterAll(async () => {
    await session.release();
    await rm(folder, { recursive: true });
  });
  return { checkpoint, session };
}

const integers = (values: number[]): Tensor =>
  new Tensor('int64', BigInt64Array.from(values, BigInt), [values.length]);

/** One decode step of the first `rows` sequences, each with its own past, in a cache of `capacity` tokens. */
function stepFeeds({ config }: Checkpoint, rows: number, capacity: number) {
  const { hiddenSize, heads, keyValueHeads, headSize, layers } = config.text;
  const parts = keyParts(headSize);
  const runs = capacity / RUN;
  const mask = new Float32Array(rows * capacity).fill(HIDDEN);
  const lengths = LENGTHS.slice(0, rows);
  lengths.forEach((length, row) => mask.fill(0, row * capacity, row * capacity + length));
  // What lies behind a sequence is another's past: large, and never to be seen.
  const past = (seed: number, pieces: number, shape: number[]): Tensor => {
    const strips = keyValueHeads * pieces;
    const width = headSize / pieces;
    const numbers = new Float32Array(rows * strips * capacity * width).fill(1e7);
    for (let strip = 0; strip < rows * strips; strip++) {
      const own = randomFloats(lengths[Math.floor(strip / strips)]! * width, seed + strip);
      numbers.set(own, strip * capacity * width);
    }
    return new Tensor('float32', numbers, [rows, keyValueHeads, ...shape]);
  };
  const feeds: Record<string, Tensor> = {
    [decoderPorts.embeddings]: new Tensor('float32', randomFloats(rows * hiddenSize, 5), [
      rows,
      1,
      hiddenSize,
    ]),
    [decoderPorts.positions]: new Tensor('int64', BigInt64Array.from(lengths, BigInt), [rows, 1]),
    [decoderPorts.wanted]: integers([0]),
    [decoderPorts.pastMask]: new Tensor('float32', mask, [rows, 1, 1, capacity]),
    [decoderPorts.split]: integers([capacity, 1]),
    [decoderPorts.pastShape]: integers([rows, keyValueHeads, heads / keyValueHeads, runs, RUN]),
  };
  for (let layer = 0; layer < layers; layer++) {
    const keys = [parts, capacity, headSize / parts];
    feeds[decoderPorts.pastKey(layer)] = past(1000 * layer, parts, keys);
    feeds[decoderPorts.pastValue(layer)] = past(1000 * layer + 500, 1, [runs, RUN, headSize]);
  }
  return feeds;
}

describe.each(Object.entries(SHAPES))('a decode step of %s', async (_, text) => {
  const { checkpoint, session } = await setup(text);
  const step = async (rows: number, capacity: number) => {
    const feeds = stepFeeds(checkpoint, rows, capacity);
    const { states } = await session.run(feeds, [decoderPorts.states]);
    return states.data as Float32Array;
  };

  it('gives each sequence the same bits in every batch and every cache capacity', async () => {
    const { hiddenSize } = checkpoint.config.text;
    const reference = await step(LENGTHS.length, 384);
    expect(reference.every(Number.isFinite)).toBe(true);
    for (const rows of [1, 2, 3, LENGTHS.length]) {
      for (const capacity of [384, 512, 1024]) {
        const expected = reference.subarray(0, rows * hiddenSize);
        expect(await step(rows, capacity), `${rows} rows in ${capacity}`).toEqual(expected);
      }
    }
  });
});
