import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ElementType } from '#onnx';
import { readSafetensors } from '../checkpoint/safetensors-file.js';
import { readFloats } from '../checkpoint/tensor-reader.js';
import { scaleName } from '../engine-folder/stored-forms.js';
import { convertTensor } from './convert-tensor.js';
import type { LoraDelta } from './lora-adapter.js';
import { quantiseInt8 } from './quantise.js';
import { RowSource } from './row-source.js';
import { SafetensorsWriter, type TensorToWrite } from './safetensors-writer.js';

const NAME = 'text.layers.0.mlp.up_proj.weight';

/** Of one test: one that ran out of time must not write into the next one's files. */
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'convert-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** A matrix of float32 in a file of its own. */
async function stored(values: Float32Array, rows: number) {
  const path = join(folder, 'source.safetensors');
  await rm(path, { force: true });
  const shape = [rows, values.length / rows];
  const writer = await SafetensorsWriter.create(path, [{ name: NAME, type: 'float32', shape }]);
  await writer.write(NAME, new Uint8Array(values.buffer));
  await writer.finish();
  return (await readSafetensors(path))[0]!;
}

function forms(type: ElementType, rows: number, inputs: number): TensorToWrite[] {
  const scale = (shape: number[]): TensorToWrite => ({
    name: scaleName(NAME),
    type: 'float32',
    shape,
  });
  if (type === 'int8') return [{ name: NAME, type, shape: [inputs, rows] }, scale([rows])];
  if (type !== 'uint8') return [{ name: NAME, type, shape: [rows, inputs] }];
  const blocks = Math.ceil(inputs / 32);
  return [{ name: NAME, type, shape: [rows, blocks, 16] }, scale([rows, blocks])];
}

interface Example {
  readonly values: Float32Array;
  readonly rows: number;
  readonly type: ElementType;
  readonly lora?: LoraDelta;
}

/** The file that converting makes, with so many numbers in memory at once. */
async function converted({ values, rows, type, lora }: Example, blockNumbers?: number) {
  const from = await stored(values, rows);
  const path = join(folder, 'target.safetensors');
  await rm(path, { force: true });
  const written = forms(type, rows, values.length / rows);
  const writer = await SafetensorsWriter.create(path, written);
  const source = new RowSource();
  await convertTensor({ from, to: written[0]!, rows, lora }, source, writer, { blockNumbers });
  await writer.finish();
  await source.close();
  return path;
}

const example = fc
  .record({
    rows: fc.integer({ min: 1, max: 12 }),
    inputs: fc.integer({ min: 1, max: 70 }),
    type: fc.constantFrom<ElementType>('float32', 'float16', 'int8', 'uint8'),
    rank: fc.nat(3),
    seed: fc.integer({ min: 1 }),
  })
  .map(({ rows, inputs, type, rank, seed }): Example & { inputs: number } => {
    let state = seed;
    const random = (count: number) =>
      Float32Array.from({ length: count }, () => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return state / 2 ** 31 - 1;
      });
    const lora =
      rank === 0
        ? undefined
        : { down: random(rank * inputs), up: random(rows * rank), rank, scale: 0.5 };
    return { values: random(rows * inputs), rows, inputs, type, lora };
  });

describe('convertTensor', () => {
  it('writes the same bytes however many rows are in memory at once', async () => {
    await fc.assert(
      fc.asyncProperty(example, fc.integer({ min: 1, max: 400 }), async (given, blockNumbers) => {
        const whole = await readFile(await converted(given));
        expect((await readFile(await converted(given, blockNumbers))).equals(whole)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('adds scale x up x down before it rounds', async () => {
    await fc.assert(
      fc.asyncProperty(example, async (given) => {
        const { values, rows, inputs, lora } = given;
        const merged = Float64Array.from(values, (value, place) => {
          const [row, input] = [Math.floor(place / inputs), place % inputs];
          let sum = 0;
          for (let k = 0; k < (lora?.rank ?? 0); k++)
            sum += lora!.up[row * lora!.rank + k]! * lora!.down[k * inputs + input]!;
          return value + (lora?.scale ?? 0) * sum;
        });
        const path = await converted({ ...given, type: 'float32' });
        const actual = readFloats((await readSafetensors(path))[0]!);
        for (const [place, value] of merged.entries())
          expect(Math.abs(actual[place]! - value)).toBeLessThan(1e-6);
        const tensors = await readSafetensors(await converted({ ...given, type: 'int8' }), {
          integers: true,
        });
        const scales = readFloats(tensors.find(({ name }) => name === scaleName(NAME))!);
        expect(scales).toEqual(quantiseInt8(actual, rows).scales);
      }),
      { numRuns: 30 },
    );
  });

  it('refuses what float16 cannot hold, and names the tensor and the number', async () => {
    const given = { values: Float32Array.of(1, 65520, 3), rows: 1, type: 'float16' } as const;
    await expect(converted(given)).rejects.toThrow(
      expect.objectContaining({
        code: 'import.float16_overflow',
        message: expect.stringMatching(/up_proj.*65520/),
      }),
    );
  });

  it.each([NaN, Infinity])('refuses %s before it hides in integers', async (number) => {
    const given = { values: Float32Array.of(1, number, 3), rows: 1, type: 'int8' } as const;
    await expect(converted(given)).rejects.toThrow(
      expect.objectContaining({ code: 'checkpoint.not_finite' }),
    );
  });
});
