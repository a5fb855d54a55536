import { axisOf, intOf, intsOf } from '../read-attribute.js';
import type { Shape, ShapeQuestion, ShapeRule } from './shape-rule.js';

const unchanged: ShapeRule = ({ shape }) => [shape(0)];
const broadcast: ShapeRule = ({ shape }) => [broadcastShape(shape(0), shape(1))];

/** One rule for each operator of our training graphs: https://onnx.ai/onnx/operators/ */
export const shapeRules: Readonly<Record<string, ShapeRule>> = {
  Identity: unchanged,
  Cast: unchanged,
  Neg: unchanged,
  Exp: unchanged,
  Log: unchanged,
  Sqrt: unchanged,
  Sin: unchanged,
  Floor: unchanged,
  Tanh: unchanged,
  Sigmoid: unchanged,
  Relu: unchanged,
  Gelu: unchanged,
  Softmax: unchanged,
  LogSoftmax: unchanged,
  RMSNormalization: unchanged,
  LayerNormalization: unchanged,
  RotaryEmbedding: unchanged,
  Add: broadcast,
  Sub: broadcast,
  Mul: broadcast,
  Div: broadcast,
  GreaterOrEqual: broadcast,
  Where: ({ shape }) => [broadcastShape(broadcastShape(shape(0), shape(1)), shape(2))],
  MatMul: (question) => [product(question, false, false)],
  FusedMatMul: (question) => {
    const { node } = question;
    return [product(question, isOne(intOf(node, 'transA', 0)), isOne(intOf(node, 'transB', 0)))];
  },
  Gemm: (question) => {
    const { node } = question;
    return [product(question, isOne(intOf(node, 'transA', 0)), isOne(intOf(node, 'transB', 0)))];
  },
  Reshape: ({ shape, integers }) => [reshaped(shape(0), integers(1))],
  Transpose: ({ node, shape }) => {
    const perm = intsOf(node, 'perm', [...shape(0).keys()].toReversed());
    return [perm.map((axis) => shape(0)[axis]!)];
  },
  Unsqueeze: ({ shape, integers }) => [unsqueezed(shape(0), integers(1))],
  Squeeze: ({ shape, integers }) => {
    const axes = integers(1).map((axis) => axisOf(axis, shape(0).length));
    return [shape(0).filter((_, axis) => !axes.includes(axis))];
  },
  Expand: ({ shape, integers }) => [broadcastShape(shape(0), integers(1))],
  Concat: ({ node, shape }) => {
    const axis = axisOf(intOf(node, 'axis', 0), shape(0).length);
    const total = node.inputs.reduce((sum, _, index) => sum + shape(index)[axis]!, 0);
    return [shape(0).with(axis, total)];
  },
  Split: ({ node, shape, integers }) => {
    const axis = axisOf(intOf(node, 'axis', 0), shape(0).length);
    const each = shape(0)[axis]! / node.outputs.length;
    const sizes = node.inputs[1] ? integers(1) : node.outputs.map(() => each);
    return sizes.map((size) => shape(0).with(axis, size));
  },
  Gather: ({ node, shape }) => {
    const axis = axisOf(intOf(node, 'axis', 0), shape(0).length);
    return [[...shape(0).slice(0, axis), ...shape(1), ...shape(0).slice(axis + 1)]];
  },
  GatherElements: ({ shape }) => [shape(1)],
  ReduceSum: reduced,
  ReduceMean: reduced,
  Conv: ({ node, shape }) => {
    const { strides, pads } = convolution(node);
    const [batch, , ...sizes] = shape(0);
    const [outputs, , ...kernel] = shape(1);
    const spatial = sizes.map((size, axis) => {
      const padded = size + pads[axis]! + pads[axis + kernel.length]!;
      return Math.floor((padded - kernel[axis]!) / strides[axis]!) + 1;
    });
    return [[batch!, outputs!, ...spatial]];
  },
  ConvTranspose: ({ node, shape }) => {
    const { strides, pads } = convolution(node);
    const [batch, , ...sizes] = shape(0);
    const [, outputs, ...kernel] = shape(1);
    const spatial = sizes.map(
      (size, axis) =>
        (size - 1) * strides[axis]! + kernel[axis]! - pads[axis]! - pads[axis + kernel.length]!,
    );
    return [[batch!, outputs!, ...spatial]];
  },
};

/** Strides and paddings of a convolution over two axes, without groups and dilations. */
export function convolution(node: ShapeQuestion['node']): {
  readonly strides: readonly number[];
  readonly pads: readonly number[];
} {
  const isPlain = intOf(node, 'group', 1) === 1 && intsOf(node, 'dilations', [1]).every(isOne);
  if (!isPlain) throw new Error(`${node.name}: groups and dilations have no rule`);
  return { strides: intsOf(node, 'strides', [1, 1]), pads: intsOf(node, 'pads', [0, 0, 0, 0]) };
}

/** What two shapes give when each size is equal or 1 (numpy's rule). */
export function broadcastShape(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const one = a[axis - rank + a.length] ?? 1;
    const other = b[axis - rank + b.length] ?? 1;
    if (one !== other && one !== 1 && other !== 1) throw new Error(`[${a}] and [${b}] do not fit`);
    return one === 1 ? other : one;
  });
}

function product({ node, shape }: ShapeQuestion, turnsA: boolean, turnsB: boolean): Shape {
  const [a, b] = [shape(0), shape(1)];
  const [rows, inner] = turned(a.slice(-2), turnsA);
  const [same, columns] = turned(b.slice(-2), turnsB);
  if (inner !== same) throw new Error(`${node.name}: [${a}] x [${b}] do not fit`);
  return [...broadcastShape(a.slice(0, -2), b.slice(0, -2)), rows, columns];
}

function turned(sizes: Shape, turns: boolean): [number, number] {
  return turns ? [sizes[1]!, sizes[0]!] : [sizes[0]!, sizes[1]!];
}

/** 0 keeps a size, -1 takes what is left. */
function reshaped(from: Shape, wanted: Shape): Shape {
  const kept = wanted.map((size, axis) => (size === 0 ? from[axis]! : size));
  const known = kept.reduce((total, size) => (size === -1 ? total : total * size), 1);
  return kept.map((size) => (size === -1 ? sizeOf(from) / known : size));
}

function unsqueezed(from: Shape, axes: readonly number[]): Shape {
  const rank = from.length + axes.length;
  const added = axes.map((axis) => axisOf(axis, rank));
  const rest = [...from];
  return Array.from({ length: rank }, (_, axis) => (added.includes(axis) ? 1 : rest.shift()!));
}

function reduced({ node, shape, integers }: ShapeQuestion): readonly Shape[] {
  const from = shape(0);
  const axes = node.inputs[1]
    ? integers(1).map((axis) => axisOf(axis, from.length))
    : [...from.keys()];
  if (isOne(intOf(node, 'keepdims', 1))) {
    return [from.map((size, axis) => (axes.includes(axis) ? 1 : size))];
  }
  return [from.filter((_, axis) => !axes.includes(axis))];
}

/** Numbers of a tensor. */
export function sizeOf(shape: Shape): number {
  return shape.reduce((total, size) => total * size, 1);
}

function isOne(value: number): boolean {
  return value === 1;
}
