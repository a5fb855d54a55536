import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openCheckpoint } from '../checkpoint/checkpoint.js';
import { getTensor } from '../checkpoint/match-tensors.js';
import { readFloats } from '../checkpoint/tensor-reader.js';
import { checkpointFolder } from '../golden-fixture.js';
import { writeFirstCheckpoint } from './first-checkpoint.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pallet-first-'));
});
afterEach(() => rm(folder, { recursive: true }));

it.each(['tiny-paligemma', 'tiny-paligemma2'])(
  'writes a whole checkpoint of the shape of %s, the same for the same seed',
  async (name) => {
    const config = JSON.parse(
      await readFile(join(checkpointFolder(name), 'config.json'), 'utf8'),
    ) as object;
    const write = async (part: string, seed: number): Promise<Buffer> => {
      await writeFirstCheckpoint(join(folder, part), { ...config }, 1700, seed);
      return readFile(join(folder, part, 'model.safetensors'));
    };
    const first = await write('first', 1);
    expect(Buffer.compare(await write('same', 1), first)).toBe(0);
    expect(Buffer.compare(await write('other', 2), first)).not.toBe(0);
    const { tensors, embeddingRows } = await openCheckpoint(join(folder, 'first'));
    expect(embeddingRows).toBe(1700);
    const deviation = (tensor: string): number => {
      const values = readFloats(getTensor(tensors, tensor));
      return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
    };
    const query = 'text.layers.0.self_attn.q_proj.weight';
    const [, inputs] = getTensor(tensors, query).shape;
    expect(deviation(query) * Math.sqrt(inputs!)).toBeCloseTo(1, 1);
    expect(deviation('vision.post_layernorm.weight')).toBe(1);
    expect(deviation('text.norm.weight')).toBe(0);
  },
);

it('does not overwrite a checkpoint', async () => {
  const config = JSON.parse(
    await readFile(join(checkpointFolder('tiny-paligemma'), 'config.json'), 'utf8'),
  ) as object;
  await writeFirstCheckpoint(folder, { ...config }, 1700, 1);
  await expect(writeFirstCheckpoint(folder, { ...config }, 1700, 1)).rejects.toThrow('EEXIST');
});

it('begins known rows as far from each other as what they stand for', async () => {
  const config = JSON.parse(
    await readFile(join(checkpointFolder('tiny-paligemma'), 'config.json'), 'utf8'),
  ) as object;
  const vectors = Float32Array.from([1, 0, 0, 1, 0.1, 0, 0, 0, 1, 0, 1, 0]);
  const places = { first: 100, count: 1024 };
  const things = { first: 20, count: 4, vectors };
  await writeFirstCheckpoint(folder, { ...config }, 1700, 1, [places, things]);
  const { tensors } = await openCheckpoint(folder);
  const embedding = getTensor(tensors, 'text.embed_tokens.weight');
  const [values, size] = [readFloats(embedding), embedding.shape[1]!];
  const alike = (one: number, other: number): number => {
    let sum = 0;
    for (let at = 0; at < size; at++) sum += values[one * size + at]! * values[other * size + at]!;
    return sum;
  };
  for (const row of [20, 23, 100, 611, 1123]) expect(alike(row, row)).toBeCloseTo(1, 4);
  for (const row of [100, 500, 1000]) {
    expect(alike(row, row + 1)).toBeGreaterThan(0.95);
    expect(alike(row, row + 8)).toBeLessThan(alike(row, row + 1));
    expect(Math.abs(alike(row, ((row + 512 - 100) % 1024) + 100))).toBeLessThan(0.7);
  }
  expect(alike(20, 21)).toBeGreaterThan(0.9);
  expect(alike(20, 22)).toBeLessThan(0.5);
});
