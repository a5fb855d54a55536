import { Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { loopPorts } from '../../graph/generation-loop-graph.js';
import { readChosen } from './read-chosen.js';

const EOS = 1;

/** Two rows of four tokens. */
const outputs = (inverse: readonly number[]) => ({
  [loopPorts.tokens]: new Tensor('int64', BigInt64Array.of(7n, 8n, 1n, 9n, 5n, 6n, 7n, 8n), [2, 4]),
  [loopPorts.inverseProbabilities]: new Tensor('float32', Float32Array.from(inverse), [2, 4]),
});
const fine = outputs([1, 2, 4, 8, 1, 2, 4, NaN]);
const tokens = (...wanted: [row: number, budget: number, eosId: number | undefined]) =>
  readChosen(fine, ...wanted).map(({ token }) => token);

describe('readChosen', () => {
  it('ends with the eos, the budget or the run, whichever comes first', () => {
    expect(tokens(0, 4, EOS)).toEqual([7, 8, 1]);
    expect(tokens(0, 2, EOS)).toEqual([7, 8]);
    expect(tokens(0, 9, undefined)).toEqual([7, 8, 1, 9]);
    expect(tokens(1, 3, EOS)).toEqual([5, 6, 7]);
  });

  it('turns odds into logarithms of probabilities', () => {
    const [first, second] = readChosen(fine, 0, 2, EOS);
    expect(first!.logProbability).toBeCloseTo(0);
    expect(second!.logProbability).toBeCloseTo(Math.log(0.5));
  });

  it('refuses what is no number, where it counts', () => {
    expect(tokens(1, 3, EOS)).toHaveLength(3);
    expect(() => tokens(1, 4, EOS)).toThrow(/computed no number/);
  });
});
