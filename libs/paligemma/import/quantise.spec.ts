import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quantiseInt4, quantiseInt8, transposeInto } from './quantise.js';

const matrix = fc
  .record({ rows: fc.integer({ min: 1, max: 5 }), inputs: fc.integer({ min: 1, max: 80 }) })
  .chain(({ rows, inputs }) =>
    fc
      .float32Array({
        minLength: rows * inputs,
        maxLength: rows * inputs,
        noNaN: true,
        noDefaultInfinity: true,
        min: Math.fround(-1e4),
        max: Math.fround(1e4),
      })
      // Numbers that float32 cannot divide: no weight is as small.
      .map((weights) => weights.map((weight) => (Math.abs(weight) < 1e-20 ? 0 : weight)))
      .map((weights) => ({ weights, rows, inputs })),
  );

describe('quantiseInt8', () => {
  it('is off by half a step at most, and its step is the largest of the row / 127', () => {
    fc.assert(
      fc.property(matrix, ({ weights, rows, inputs }) => {
        const { numbers, scales } = quantiseInt8(weights, rows);
        const steps = new Int8Array(numbers.buffer);
        for (let place = 0; place < weights.length; place++) {
          const row = Math.floor(place / inputs);
          const largest = weights
            .subarray(row * inputs, (row + 1) * inputs)
            .reduce((most, weight) => Math.max(most, Math.abs(weight)), 0);
          expect(scales[row]).toBe(largest === 0 ? 1 : Math.fround(largest / 127));
          const error = Math.abs(steps[place]! * scales[row]! - weights[place]!);
          expect(error).toBeLessThanOrEqual(scales[row]! * 0.5001);
          expect(steps[place]).not.toBe(-128);
        }
      }),
    );
  });
});

describe('quantiseInt4', () => {
  it('keeps the largest of a block, and is off by a step at most', () => {
    fc.assert(
      fc.property(matrix, ({ weights, rows, inputs }) => {
        const { numbers, scales } = quantiseInt4(weights, rows);
        const blocks = Math.ceil(inputs / 32);
        expect([numbers.length, scales.length]).toEqual([rows * blocks * 16, rows * blocks]);
        for (let place = 0; place < weights.length; place++) {
          const [row, input] = [Math.floor(place / inputs), place % inputs];
          const block = row * blocks + Math.floor(input / 32);
          const byte = numbers[block * 16 + ((input % 32) >> 1)]!;
          const value = ((input % 2 === 0 ? byte & 15 : byte >> 4) - 8) * scales[block]!;
          const size = Math.abs(scales[block]!);
          expect(Math.abs(value - weights[place]!)).toBeLessThanOrEqual(size * 1.0001);
          const isLargest = Math.abs(weights[place]!) >= size * 8 && weights[place] !== 0;
          if (isLargest && Math.sign(value) === -Math.sign(scales[block]!))
            expect(value).toBe(weights[place]);
        }
      }),
    );
  });

  it('fills the last block of a row up with zeros', () => {
    const { numbers } = quantiseInt4(Float32Array.of(-8, 4, 1), 1);
    expect([...numbers]).toEqual([0xc0, 0x89, ...Array<number>(14).fill(0x88)]);
  });
});

describe('transposeInto', () => {
  it('turns any matrix over, into any part of a wider one', () => {
    const size = fc.integer({ min: 1, max: 150 });
    fc.assert(
      fc.property(size, size, fc.nat(3), fc.nat(3), (rows, columns, at, more) => {
        const source = Uint8Array.from({ length: rows * columns }, (_, index) => 1 + (index % 255));
        const width = at + rows + more;
        const target = new Uint8Array(columns * width);
        transposeInto(target, width, at, source, rows);
        const expected = Array.from({ length: columns * width }, (_, place) => {
          const row = (place % width) - at;
          const isInside = row >= 0 && row < rows;
          return isInside ? source[row * columns + Math.floor(place / width)] : 0;
        });
        expect(target).toEqual(Uint8Array.from(expected as number[]));
      }),
      { numRuns: 40 },
    );
  });
});
