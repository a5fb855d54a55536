import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import {
  differentiate,
  encodeModel,
  float,
  GraphBuilder,
  int,
  ints,
  MICROSOFT_DOMAIN,
  text,
  type Attributes,
  type Node,
  type Value,
} from '../index.js';
import { gradientRules } from './gradient-rules.js';

type Numbers = Float32Array<ArrayBuffer>;
type Emit = (graph: GraphBuilder, inputs: readonly Value[]) => Value;
interface Case {
  readonly shapes: readonly (readonly number[])[];
  readonly emit: Emit;
  /** Values away from 0, where the operator bends or has no value. */
  readonly positive?: boolean;
}

const op = (name: string, attributes: Attributes = {}, domain = ''): Emit => {
  return (graph, inputs) => graph.node('y', name, inputs, attributes, domain);
};
const shaped =
  (name: string, values: readonly number[]): Emit =>
  (graph, inputs) =>
    graph.node('y', name, [...inputs, graph.integers('numbers', values)]);
const reduced =
  (name: string, axes: readonly number[], keepdims: number): Emit =>
  (graph, [x]) =>
    graph.node('y', name, [x, graph.integers('axes', axes)], { keepdims: int(keepdims) });
const taken =
  (name: string, indices: readonly number[], shape: readonly number[], axis: number): Emit =>
  (graph, [x]) => {
    const flat = graph.integers('flat', indices);
    const folded = graph.node('folded', 'Reshape', [flat, graph.integers('shape', shape)]);
    return graph.node('y', name, [x, folded], { axis: int(axis) });
  };
const fused = (transA: number, transB: number): Emit =>
  op(
    'FusedMatMul',
    { transA: int(transA), transB: int(transB), alpha: float(0.7) },
    MICROSOFT_DOMAIN,
  );
const convolved = (name: string, stride: number, pad: number): Emit =>
  op(name, { strides: ints([stride, stride]), pads: ints([pad, pad, pad, pad]) });

const GRID = [3, 4];
const cases: Readonly<Record<string, Case>> = {
  Identity: { shapes: [GRID], emit: op('Identity') },
  Neg: { shapes: [GRID], emit: op('Neg') },
  Exp: { shapes: [GRID], emit: op('Exp') },
  Log: { shapes: [GRID], emit: op('Log'), positive: true },
  Sqrt: { shapes: [GRID], emit: op('Sqrt'), positive: true },
  Tanh: { shapes: [GRID], emit: op('Tanh') },
  Sigmoid: { shapes: [GRID], emit: op('Sigmoid') },
  'Relu of what is above 0': { shapes: [GRID], emit: op('Relu'), positive: true },
  'Relu of what is below 0': {
    shapes: [GRID],
    emit: (graph, [value]) => op('Relu')(graph, [graph.node('below', 'Neg', [value])]),
    positive: true,
  },
  Gelu: { shapes: [[40, 4]], emit: op('Gelu', { approximate: text('tanh') }) },
  Softmax: { shapes: [[2, 3, 5]], emit: op('Softmax', { axis: int(-1) }) },
  LogSoftmax: { shapes: [GRID], emit: op('LogSoftmax', { axis: int(-1) }) },
  Add: { shapes: [GRID, GRID], emit: op('Add') },
  'Add of a row to a row': { shapes: [[4], GRID], emit: op('Add') },
  'Sub of a column': { shapes: [GRID, [3, 1]], emit: op('Sub') },
  'Mul with a number': { shapes: [GRID, []], emit: op('Mul') },
  'Mul with itself': { shapes: [GRID], emit: (graph, [a]) => op('Mul')(graph, [a!, a!]) },
  'Mul over two axes': {
    shapes: [
      [2, 1, 3],
      [2, 4, 1],
    ],
    emit: op('Mul'),
  },
  Div: { shapes: [GRID, [4]], emit: op('Div'), positive: true },
  MatMul: { shapes: [GRID, [4, 5]], emit: op('MatMul') },
  'MatMul of batches by one matrix': {
    shapes: [
      [2, 3, 4],
      [4, 5],
    ],
    emit: op('MatMul'),
  },
  'MatMul of repeated batches': {
    shapes: [
      [2, 1, 3, 4],
      [1, 3, 4, 5],
    ],
    emit: op('MatMul'),
  },
  FusedMatMul: { shapes: [GRID, [4, 5]], emit: fused(0, 0) },
  'FusedMatMul, a turned': {
    shapes: [
      [2, 4, 3],
      [2, 4, 5],
    ],
    emit: fused(1, 0),
  },
  'FusedMatMul, b turned': {
    shapes: [
      [2, 3, 4],
      [2, 5, 4],
    ],
    emit: fused(0, 1),
  },
  'FusedMatMul, both turned': {
    shapes: [
      [4, 3],
      [5, 4],
    ],
    emit: fused(1, 1),
  },
  Gemm: { shapes: [GRID, [4, 5], [5]], emit: op('Gemm') },
  'Gemm, b turned, no bias': { shapes: [GRID, [5, 4]], emit: op('Gemm', { transB: int(1) }) },
  'Gemm, a turned': { shapes: [[4, 3], [4, 5], [5]], emit: op('Gemm', { transA: int(1) }) },
  LayerNormalization: {
    shapes: [[3, 8], [8], [8]],
    emit: op('LayerNormalization', { axis: int(-1), epsilon: float(1e-3) }),
  },
  RMSNormalization: {
    shapes: [[3, 8], [8]],
    emit: op('RMSNormalization', { axis: int(-1), epsilon: float(1e-3) }),
  },
  Reshape: { shapes: [GRID], emit: shaped('Reshape', [2, -1]) },
  Expand: { shapes: [[3, 1]], emit: shaped('Expand', [2, 3, 4]) },
  Unsqueeze: { shapes: [GRID], emit: shaped('Unsqueeze', [0, -1]) },
  Squeeze: { shapes: [[3, 1, 4]], emit: shaped('Squeeze', [1]) },
  Transpose: { shapes: [[2, 3, 4]], emit: op('Transpose', { perm: ints([2, 0, 1]) }) },
  Concat: {
    shapes: [
      [2, 3],
      [2, 1],
    ],
    emit: op('Concat', { axis: int(-1) }),
  },
  Split: {
    shapes: [[2, 6]],
    emit: (graph, [whole]) => {
      const parts = graph.nodes('part', 'Split', 3, [whole], {
        axis: int(1),
        num_outputs: int(3),
      });
      return graph.node('y', 'Mul', [parts[0], parts[2]]);
    },
  },
  'ReduceSum, axes gone': { shapes: [[2, 3, 4]], emit: reduced('ReduceSum', [-1, 0], 0) },
  'ReduceSum, axes kept': { shapes: [[2, 3, 4]], emit: reduced('ReduceSum', [1], 1) },
  ReduceMean: { shapes: [[2, 3, 4]], emit: reduced('ReduceMean', [1], 0) },
  'Gather of rows, some twice': { shapes: [GRID], emit: taken('Gather', [2, 0, 2, 2], [2, 2], 0) },
  'Gather of columns': { shapes: [GRID], emit: taken('Gather', [1, 3, 1], [3], 1) },
  GatherElements: { shapes: [GRID], emit: taken('GatherElements', [1, 3, 3, 3, 0, 0], [3, 2], 1) },
  RotaryEmbedding: {
    shapes: [[2, 3, 8]],
    emit: (graph, [states]) => {
      const angles = [0, 0.1, 1, 0.3, 2, 0.5];
      const tables = [Math.cos, Math.sin].map((table, index) =>
        graph.floats(`table.${index}`, Float32Array.from(angles, table), [3, 2]),
      );
      const flat = graph.integers('flat', [0, 1, 2, 2, 1, 0]);
      const positions = graph.node('positions', 'Reshape', [flat, graph.integers('to', [2, 3])]);
      return graph.node('y', 'RotaryEmbedding', [states, ...tables, positions], {
        num_heads: int(2),
      });
    },
  },
  Conv: { shapes: [[2, 3, 6, 6], [4, 3, 3, 3], [4]], emit: convolved('Conv', 1, 1) },
  'Conv with strides': { shapes: [[2, 3, 6, 6], [4, 3, 4, 4], [4]], emit: convolved('Conv', 2, 1) },
  'Conv whose stride leaves pixels out': {
    shapes: [[1, 2, 6, 6], [3, 2, 3, 3], [3]],
    emit: convolved('Conv', 2, 1),
  },
  'Conv 1 x 1': { shapes: [[2, 3, 4, 4], [4, 3, 1, 1], [4]], emit: convolved('Conv', 1, 0) },
  ConvTranspose: {
    shapes: [[2, 3, 4, 4], [3, 2, 4, 4], [2]],
    emit: convolved('ConvTranspose', 2, 1),
  },
};

describe('the gradient of one operator is the slope that finite differences show', () => {
  it.each(Object.keys(cases))('%s', async (name) => {
    const { shapes, emit, positive = false } = cases[name]!;
    const graph = new GraphBuilder('case');
    const inputs = shapes.map((shape, index) => graph.input(`x${index}`, 'float32', shape));
    const result = await slopes(graph, inputs, shapes, emit(graph, inputs), positive);
    for (const { expected, actual, size } of result) {
      expect(Math.abs(actual - expected) / size).toBeLessThan(2e-3);
    }
  });

  it('is checked for every rule', () => {
    const emitted = Object.values(cases).flatMap(({ shapes, emit }) => {
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

/** Of the loss sum(y * random): its slope along a random direction of each input, and what the gradient says of it. */
async function slopes(
  graph: GraphBuilder,
  inputs: readonly Value[],
  shapes: readonly (readonly number[])[],
  y: Value,
  positive: boolean,
): Promise<{ expected: number; actual: number; size: number }[]> {
  const flat = graph.node('loss.flat', 'Reshape', [y, graph.integers('line', [-1])]);
  const first = shapes.map((shape, index) => numbers(shape, index + 1, positive));
  const length = (await runOne(graph, flat, inputs, shapes, first)).length;
  const weighed = graph.node('weighed', 'Mul', [
    flat,
    graph.floats('weights', numbers([length], 99, false)),
  ]);
  const loss = graph.node('loss', 'ReduceSum', [weighed, graph.integers('sum', [0])], {
    keepdims: int(0),
  });
  const gradients = differentiate(graph, loss, inputs);
  const found: { expected: number; actual: number; size: number }[] = [];
  for (const [index, input] of inputs.entries()) {
    const gradient = await runOne(graph, gradients.get(input)!, inputs, shapes, first);
    expect(gradient.length).toBe(first[index]!.length);
    for (const seed of [11, 12, 13]) {
      const direction = numbers(shapes[index]!, seed, false);
      const step = 2 ** -7;
      const at = async (side: number): Promise<number> => {
        const moved = first.with(
          index,
          first[index]!.map((value, place) => value + side * step * direction[place]!),
        );
        // Added up here, in double precision.
        return sum(await runOne(graph, weighed, inputs, shapes, moved));
      };
      const expected = ((await at(1)) - (await at(-1))) / (2 * step);
      const actual = sum(gradient.map((value, place) => value * direction[place]!));
      found.push({ expected, actual, size: norm(gradient) * norm(direction) + 1e-3 });
    }
  }
  return found;
}

async function runOne(
  graph: GraphBuilder,
  value: Value,
  inputs: readonly Value[],
  shapes: readonly (readonly number[])[],
  data: readonly Numbers[],
): Promise<Numbers> {
  const built = graph.build();
  const feeds = inputs.map(
    ({ name }, index) => [name, new Tensor('float32', data[index]!, shapes[index])] as const,
  );
  const outputs = [{ value, type: 'float32' as const, shape: [] }];
  const results = await runModel(encodeModel({ ...built, outputs }), Object.fromEntries(feeds));
  return results[0]!;
}

async function run(graph: GraphBuilder, feeds: Record<string, Tensor>): Promise<Numbers[]> {
  return runModel(encodeModel(graph.build()), feeds);
}

async function runModel(model: Uint8Array, feeds: Record<string, Tensor>): Promise<Numbers[]> {
  const session = await InferenceSession.create(model, { logSeverityLevel: 3 });
  try {
    const results = await session.run(feeds);
    return session.outputNames.map((name) => results[name]!.data as Numbers);
  } finally {
    await session.release();
  }
}

function numbers(shape: readonly number[], seed: number, positive: boolean): Numbers {
  let state = seed * 7919;
  const count = shape.reduce((total, size) => total * size, 1);
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const value = state / 2 ** 31 - 1;
    return positive ? 0.5 + Math.abs(value) : value;
  });
}

const sum = (values: Numbers): number => values.reduce((total, value) => total + value, 0);
const norm = (values: Numbers): number => Math.hypot(...values);
