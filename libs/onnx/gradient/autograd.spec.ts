import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { differentiate } from '../index.js';
import { norm, openCase, operatorCases, valueOf } from './operator-cases-fixture.js';

/** Of each case, one list of numbers per input; test/reference/make_operator_gradients.py wrote it. */
const autograd = JSON.parse(
  readFileSync(new URL('../../../test/fixtures/gradients/operators.json', import.meta.url), 'utf8'),
) as Readonly<Record<string, readonly (readonly number[])[]>>;

/** What rounding leaves where a gradient is 0. */
const NOISE = 1e-6;

describe("the gradient of one operator is PyTorch's", () => {
  it('and PyTorch was asked about every case', () => {
    expect(Object.keys(autograd)).toEqual(Object.keys(operatorCases));
  });

  it.each(Object.keys(operatorCases))('%s', async (name) => {
    const { shapes } = operatorCases[name]!;
    const opened = await openCase(operatorCases[name]!);
    const gradients = differentiate(opened.graph, opened.loss, opened.inputs);
    for (const [index, input] of opened.inputs.entries()) {
      const actual = await valueOf(opened, shapes, gradients.get(input)!, opened.data);
      const expected = Float32Array.from(autograd[name]![index]!);
      expect(actual.length).toBe(expected.length);
      const difference = norm(actual.map((value, place) => value - expected[place]!));
      expect(difference).toBeLessThan(1e-3 * norm(expected) + NOISE);
    }
  });
});
