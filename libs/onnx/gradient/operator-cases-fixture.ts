/** For specs: one small graph per operator and form that has a gradient, and what is put in. */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import {
  encodeModel,
  float,
  GraphBuilder,
  int,
  ints,
  MICROSOFT_DOMAIN,
  text,
  type Attributes,
  type Value,
} from '../index.js';

export type Numbers = Float32Array<ArrayBuffer>;
type Emit = (graph: GraphBuilder, inputs: readonly Value[]) => Value;
export interface OperatorCase {
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
export const operatorCases: Readonly<Record<string, OperatorCase>> = {
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

/** A case with its inputs, and the loss sum(y * random). */
export interface OpenCase {
  readonly graph: GraphBuilder;
  readonly inputs: readonly Value[];
  readonly data: readonly Numbers[];
  /** Of it the loss is the sum. */
  readonly weighed: Value;
  readonly loss: Value;
}

export async function openCase({
  shapes,
  emit,
  positive = false,
}: OperatorCase): Promise<OpenCase> {
  const graph = new GraphBuilder('case');
  const inputs = shapes.map((shape, index) => graph.input(`x${index}`, 'float32', shape));
  const line = graph.integers('line', [-1]);
  const flat = graph.node('loss.flat', 'Reshape', [emit(graph, inputs), line]);
  const data = shapes.map((shape, index) => numbers(shape, index + 1, positive));
  const { length } = await valueOf({ graph, inputs }, shapes, flat, data);
  const weights = graph.floats('weights', numbers([length], 99, false));
  const weighed = graph.node('weighed', 'Mul', [flat, weights]);
  const loss = graph.node('loss', 'ReduceSum', [weighed, graph.integers('sum', [0])], {
    keepdims: int(0),
  });
  return { graph, inputs, data, weighed, loss };
}

export async function valueOf(
  { graph, inputs }: Pick<OpenCase, 'graph' | 'inputs'>,
  shapes: OperatorCase['shapes'],
  value: Value,
  data: readonly Numbers[],
): Promise<Numbers> {
  const feeds = inputs.map(
    ({ name }, index) => [name, new Tensor('float32', data[index]!, shapes[index])] as const,
  );
  const outputs = [{ value, type: 'float32' as const, shape: [] }];
  const model = encodeModel({ ...graph.build(), outputs });
  return (await runModel(model, Object.fromEntries(feeds)))[0]!;
}

export async function runModel(
  model: Uint8Array,
  feeds: Record<string, Tensor>,
): Promise<Numbers[]> {
  const session = await InferenceSession.create(model, { logSeverityLevel: 3 });
  try {
    const results = await session.run(feeds);
    return session.outputNames.map((name) => results[name]!.data as Numbers);
  } finally {
    await session.release();
  }
}

/** The same as in test/reference/make_operator_gradients.py. */
export function numbers(shape: readonly number[], seed: number, positive: boolean): Numbers {
  let state = seed * 7919;
  const count = shape.reduce((total, size) => total * size, 1);
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const value = state / 2 ** 31 - 1;
    return positive ? 0.5 + Math.abs(value) : value;
  });
}

export const norm = (values: Numbers): number => Math.hypot(...values);
