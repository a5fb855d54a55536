import { Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { differentiate, encodeModel, GraphBuilder, int, type Node, type Value } from '../index.js';
import { gradientRules } from './gradient-rules.js';
import {
  norm,
  numbers,
  openCase,
  operatorCases,
  runModel,
  valueOf,
  type Numbers,
  type OperatorCase,
} from './operator-cases-fixture.js';

describe('the gradient of one operator is the slope that finite differences show', () => {
  it.each(Object.keys(operatorCases))('%s', async (name) => {
    for (const { expected, actual, size } of await slopes(operatorCases[name]!)) {
      expect(Math.abs(actual - expected) / size).toBeLessThan(2e-3);
    }
  });

  it('is checked for every rule', () => {
    const emitted = Object.values(operatorCases).flatMap(({ shapes, emit }) => {
      const graph = new GraphBuilder('case');
      emit(
        graph,
        shapes.map((shape, index) => graph.input(`x${index}`, 'float32', shape)),
      );
      return graph.build().nodes.map((node) => node.op);
    });
    expect(Object.keys(gradientRules).filter((rule) => !emitted.includes(rule))).toEqual([]);
  });
});

describe('differentiate', () => {
  /** Three equal layers of tanh(x w), a mean square at the end. */
  const layers = (graph: GraphBuilder, input: Value, weights: readonly Value[]): Value => {
    let state = input;
    weights.forEach((weight, index) => {
      const product = graph.node(`layer.${index}.product`, 'MatMul', [state, weight]);
      state = graph.node(`layer.${index}.tanh`, 'Tanh', [product]);
    });
    const square = graph.node('square', 'Mul', [state, state]);
    const axes = graph.integers('all', [0, 1]);
    return graph.node('loss', 'ReduceMean', [square, axes], { keepdims: int(0) });
  };
  const segmentOf = ({ name }: Node): string | undefined => /^layer\.\d+/.exec(name)?.[0];
  const build = (wanted: readonly number[], options = {}) => {
    const graph = new GraphBuilder('layers');
    const input = graph.input('x', 'float32', [5, 4]);
    const weights = [0, 1, 2].map((index) => graph.input(`w${index}`, 'float32', [4, 4]));
    const loss = layers(graph, input, weights);
    const asked = wanted.map((index) => weights[index]!);
    const gradients = differentiate(graph, loss, asked, options);
    asked.forEach((weight) => graph.output(gradients.get(weight)!, 'float32', [4, 4]));
    return graph;
  };
  const feeds = (): Record<string, Tensor> =>
    Object.fromEntries(
      ['x', 'w0', 'w1', 'w2'].map((name, index) => {
        const shape = index === 0 ? [5, 4] : [4, 4];
        return [name, new Tensor('float32', numbers(shape, index + 1, false), shape)];
      }),
    );

  it('gives the same numbers when segments are computed again', async () => {
    const kept = await run(build([0, 1, 2]), feeds());
    const again = await run(build([0, 1, 2], { segmentOf }), feeds());
    const values = (result: readonly Numbers[]) => result.map((one) => [...one]);
    expect(values(again)).toEqual(values(kept));
    const copies = build([0, 1, 2], { segmentOf })
      .build()
      .nodes.filter(({ name }) => name.startsWith('again/layer'));
    expect(copies.map(({ name }) => name)).toContain('again/layer.0.tanh');
  });

  it('adds nothing for what nobody asked for', () => {
    const count = (wanted: readonly number[]) => build(wanted).build().nodes.length;
    expect(count([2])).toBeLessThan(count([1, 2]));
    expect(count([1, 2])).toBeLessThan(count([0, 1, 2]));
    const names = build([2])
      .build()
      .nodes.map(({ name }) => name);
    expect(names.filter((name) => name.startsWith('gradient/layer.1'))).toEqual([]);
  });

  it('leaves out what the loss does not depend on', () => {
    const graph = new GraphBuilder('apart');
    const [one, other] = ['a', 'b'].map((name) => graph.input(name, 'float32', [2]));
    const loss = graph.node('loss', 'ReduceSum', [one, graph.integers('axes', [0])], {
      keepdims: int(0),
    });
    expect([...differentiate(graph, loss, [one!, other!]).keys()]).toEqual([one]);
  });

  it('names the operator that has no rule', () => {
    const graph = new GraphBuilder('odd');
    const x = graph.input('x', 'float32', [2]);
    expect(() => differentiate(graph, graph.node('round', 'Round', [x]), [x])).toThrow('Round');
  });
});

/** The loss's slope along a random direction of each input, and what the gradient says of it. */
async function slopes(
  operator: OperatorCase,
): Promise<{ expected: number; actual: number; size: number }[]> {
  const { shapes } = operator;
  const opened = await openCase(operator);
  const { graph, inputs, data, weighed, loss } = opened;
  const gradients = differentiate(graph, loss, inputs);
  const found: { expected: number; actual: number; size: number }[] = [];
  for (const [index, input] of inputs.entries()) {
    const gradient = await valueOf(opened, shapes, gradients.get(input)!, data);
    expect(gradient.length).toBe(data[index]!.length);
    for (const seed of [11, 12, 13]) {
      const direction = numbers(shapes[index]!, seed, false);
      const step = 2 ** -7;
      const at = async (side: number): Promise<number> => {
        const moved = data.with(
          index,
          data[index]!.map((value, place) => value + side * step * direction[place]!),
        );
        // Added up here, in double precision.
        return sum(await valueOf(opened, shapes, weighed, moved));
      };
      const expected = ((await at(1)) - (await at(-1))) / (2 * step);
      const actual = sum(gradient.map((value, place) => value * direction[place]!));
      found.push({ expected, actual, size: norm(gradient) * norm(direction) + 1e-3 });
    }
  }
  return found;
}

async function run(graph: GraphBuilder, feeds: Record<string, Tensor>): Promise<Numbers[]> {
  return runModel(encodeModel(graph.build()), feeds);
}

const sum = (values: Numbers): number => values.reduce((total, value) => total + value, 0);
