import { int, ints, MICROSOFT_DOMAIN, type GraphBuilder, type Value } from '#onnx';
import type { VisionConfig } from '../checkpoint/model-config.js';
import type { Dialect } from './dialect.js';
import type { Weights } from './weights.js';

/** Most bytes of scores that are held at once: half of what every WebGPU device can bind. */
const SCORE_BYTES = 64 * 2 ** 20;

export interface VisionParts {
  readonly graph: GraphBuilder;
  readonly weights: Weights;
  readonly vision: VisionConfig;
  readonly dialect: Dialect;
}

/** Every patch sees every patch. x [patches, hidden] -> the same shape */
export function selfAttention(parts: VisionParts, name: string, x: Value): Value {
  const { weights, dialect } = parts;
  const projected = ['q_proj', 'k_proj', 'v_proj'].map((projection) =>
    weights.linear(`${name}.${projection}`, x, { bias: true }),
  );
  const mix = dialect.hasFusedAttention ? fused : decomposed;
  return weights.linear(`${name}.out_proj`, mix(parts, name, projected), { bias: true });
}

/** The fused operator never holds the scores whole: at 896 px that were 1 GB. */
function fused({ graph, vision }: VisionParts, name: string, projected: readonly Value[]): Value {
  const axis = graph.integers(`${name}.batch_axis`, [0]);
  const batches = projected.map((value, index) =>
    graph.node(`${name}.batch.${index}`, 'Unsqueeze', [value, axis]),
  );
  const attributes = { num_heads: int(vision.heads) };
  const mixed = graph.node(
    `${name}.mixed`,
    'MultiHeadAttention',
    batches,
    attributes,
    MICROSOFT_DOMAIN,
  );
  return graph.node(`${name}.flat`, 'Squeeze', [mixed, axis]);
}

/** The same from plain operators, for some patches at a time. */
function decomposed(parts: VisionParts, name: string, projected: readonly Value[]): Value {
  const { graph, vision } = parts;
  const { heads, hiddenSize, imageSize, patchSize } = vision;
  const size = hiddenSize / heads;
  const shape = graph.integers(`${name}.head_shape`, [-1, heads, size]);
  const [query, key, value] = projected.map((flat, index) => {
    const split = graph.node(`${name}.heads.${index}`, 'Reshape', [flat, shape]);
    // Keys as columns.
    const perm = ints(index === 1 ? [1, 2, 0] : [1, 0, 2]);
    return graph.node(`${name}.turned.${index}`, 'Transpose', [split], { perm });
  }) as [Value, Value, Value];
  const factor = graph.scalar(`${name}.factor`, 1 / Math.sqrt(size));
  const scaled = graph.node(`${name}.scaled`, 'Mul', [query, factor]);
  const patches = (imageSize / patchSize) ** 2;
  const pieces = Math.ceil((4 * heads * patches ** 2) / SCORE_BYTES);
  const mixed = inPieces(graph, `${name}.rows`, scaled, pieces, (piece, rows) => {
    const scores = graph.node(`${piece}.scores`, 'MatMul', [rows, key]);
    const probabilities = graph.node(`${piece}.weights`, 'Softmax', [scores], { axis: int(-1) });
    return graph.node(`${piece}.mixed`, 'MatMul', [probabilities, value]);
  });
  const joined = graph.node(`${name}.joined`, 'Transpose', [mixed], { perm: ints([1, 0, 2]) });
  return graph.node(`${name}.flat`, 'Reshape', [
    joined,
    graph.integers(`${name}.flat_shape`, [-1, hiddenSize]),
  ]);
}

/** `each` of some rows (axis 1) of x at a time, joined again. */
function inPieces(
  graph: GraphBuilder,
  name: string,
  x: Value,
  count: number,
  each: (name: string, rows: Value) => Value,
): Value {
  if (count === 1) return each(name, x);
  const attributes = { axis: int(1), num_outputs: int(count) };
  const pieces = graph.nodes(`${name}.split`, 'Split', count, [x], attributes);
  const results = pieces.map((piece, index) => each(`${name}.${index}`, piece));
  return graph.node(`${name}.all`, 'Concat', results, { axis: int(1) });
}
