import fc from 'fast-check';
import { Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { GraphBuilder, tensorBytes } from '#onnx';
import { quantiseInt8, transposeInto } from '../import/quantise.js';
import { GraphSession } from './graph-session.js';
import { Int8Linear } from './int8-linear.js';

const OUTPUTS = 24;

/** A layer with random weights, and the same in plain arithmetic, in float64. */
async function setup(inputs: number, seed = 1) {
  const random = generator(seed);
  const weights = Float32Array.from({ length: OUTPUTS * inputs }, () => random() - 0.5);
  const { numbers, scales } = quantiseInt8(weights, OUTPUTS);
  const turned = new Uint8Array(numbers.length);
  transposeInto(turned, OUTPUTS, 0, numbers, OUTPUTS);
  const graph = new GraphBuilder('layer');
  const x = graph.input('x', 'float32', ['rows', inputs]);
  const y = new Int8Linear(graph).apply('y', x, {
    inputs,
    scale: graph.floats('scale', scales),
    rows: (first, count) => {
      const start = first * OUTPUTS;
      const bytes = turned.slice(start, start + tensorBytes('int8', [count, OUTPUTS]));
      return graph.initializer(`weight.${first}`, 'int8', [count, OUTPUTS], bytes);
    },
  });
  graph.output(y, 'float32', ['rows', OUTPUTS]);
  const session = await GraphSession.open(graph.build(), { weightFolder: '/' });
  const run = async (rows: Float32Array): Promise<Float32Array> => {
    const feeds = { x: new Tensor('float32', rows, [rows.length / inputs, inputs]) };
    return (await session.run(feeds, [y.name]))[y.name]!.data as Float32Array;
  };
  return { run, random, weights, session };
}

function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function exact(weights: Float32Array, row: Float32Array): number[] {
  return Array.from({ length: OUTPUTS }, (_, output) =>
    row.reduce((sum, value, input) => sum + value * weights[output * row.length + input]!, 0),
  );
}

function relativeError(actual: ArrayLike<number>, expected: readonly number[]): number {
  const squares = expected.map((value, index) => (actual[index]! - value) ** 2);
  const norm = expected.reduce((sum, value) => sum + value ** 2, 0);
  return Math.sqrt(squares.reduce((sum, value) => sum + value, 0) / norm);
}

describe('Int8Linear', () => {
  it.each([64, 1152, 2048, 4304, 16_384])(
    'is near the exact product of %i inputs',
    async (inputs) => {
      const { run, random, weights, session } = await setup(inputs);
      const row = Float32Array.from({ length: inputs }, () => random() - 0.5);
      expect(relativeError(await run(row), exact(weights, row))).toBeLessThan(0.02);
      await session.release();
    },
  );

  it('gives a row the same bits alone and among any others', async () => {
    const inputs = 5120;
    const { run, random, session } = await setup(inputs);
    const sizes = fc.array(fc.double({ min: 1e-6, max: 1e6, noNaN: true }), {
      minLength: 1,
      maxLength: 40,
    });
    await fc.assert(
      fc.asyncProperty(sizes, async (mates) => {
        const rows = mates.map((size) =>
          Float32Array.from({ length: inputs }, () => size * (random() - 0.5)),
        );
        const together = await run(Float32Array.from(rows.flatMap((row) => [...row])));
        for (const [index, row] of rows.entries()) {
          const place = index * OUTPUTS;
          expect(together.subarray(place, place + OUTPUTS)).toEqual(await run(row));
        }
      }),
      { numRuns: 8 },
    );
    await session.release();
  });

  it('confines an outlier among many inputs to its group', async () => {
    const inputs = 16_384;
    const { run, random, weights, session } = await setup(inputs);
    const row = Float32Array.from({ length: inputs }, () => random() - 0.5);
    for (const channel of [77, 5000, 12_345]) row[channel] = 60;
    const expected = exact(weights, row);
    const step = 60 / 127;
    const oneScale = exact(
      weights,
      row.map((value) => Math.round(value / step) * step),
    );
    const error = relativeError(await run(row), expected);
    expect(error).toBeLessThan(relativeError(oneScale, expected) * 0.75);
    await session.release();
  });

  it('makes zeros of zeros', async () => {
    const { run, session } = await setup(64);
    expect(await run(new Float32Array(64))).toEqual(new Float32Array(OUTPUTS));
    await session.release();
  });
});
