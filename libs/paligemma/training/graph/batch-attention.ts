import { float, int, ints, MICROSOFT_DOMAIN, type GraphBuilder, type Value } from '#onnx';
import type { TextConfig, VisionConfig } from '../../checkpoint/model-config.js';
import type { Attend } from '../../graph/decoder-layer.js';
import { rotaryTables } from '../../graph/rotary.js';
import { capped } from '../../graph/softcap.js';
import type { TrainingWeights } from './training-weights.js';

/** Attention over whole sequences, written with operators that can be differentiated; scores are held whole. */
export interface BatchSizes {
  readonly batch: number;
  /** Of one sequence. */
  readonly tokens: number;
}

/** SigLIP's: every patch sees every patch of its picture. x [batch * tokens, hidden] */
export function visionAttention(
  graph: GraphBuilder,
  weights: TrainingWeights,
  { heads, hiddenSize }: VisionConfig,
  { batch, tokens }: BatchSizes,
): Attend {
  const size = hiddenSize / heads;
  return (name, x) => {
    const [query, key, value] = ['q_proj', 'k_proj', 'v_proj'].map((part) => {
      const flat = weights.linear(`${name}.${part}`, x, { bias: true });
      return headsFirst(graph, `${name}.${part}`, flat, [batch, tokens, heads, size]);
    }) as [Value, Value, Value];
    const scores = product(graph, `${name}.scores`, query, key, 1 / Math.sqrt(size));
    const mixed = mix(graph, name, scores, value);
    const joined = tokensFirst(graph, `${name}.joined`, mixed, [batch * tokens, hiddenSize]);
    return weights.linear(`${name}.out_proj`, joined, { bias: true });
  };
}

/** Values that every layer of the text model reads. */
export interface TextAttentionInputs {
  /** int64 [batch, tokens] */
  readonly positions: Value;
  /** [batch, 1, tokens, 1, tokens]: 0 where a token (third axis) sees another (last axis), very negative where not. */
  readonly mask: Value;
}

/** Gemma's, with the caps of Gemma 2. x [batch * tokens, hidden] */
export function textAttention(
  graph: GraphBuilder,
  weights: TrainingWeights,
  text: TextConfig,
  { batch, tokens }: BatchSizes,
  { positions, mask }: TextAttentionInputs,
): Attend {
  const { heads, keyValueHeads, headSize, attentionScale, attentionSoftcap } = text;
  const group = heads / keyValueHeads;
  const tables = rotaryTables(tokens, headSize, text.ropeTheta);
  const cos = graph.floats('cos', tables.cos, [tokens, headSize / 2]);
  const sin = graph.floats('sin', tables.sin, [tokens, headSize / 2]);
  const linear = (name: string, x: Value): Value => weights.linear(name, x, { bias: false });
  const rotated = (name: string, x: Value, count: number): Value => {
    const shape = [batch, tokens, count * headSize];
    const inputs = [graph.reshape(`${name}.tokens`, linear(name, x), shape), cos, sin, positions];
    return graph.node(`${name}.rotated`, 'RotaryEmbedding', inputs, { num_heads: int(count) });
  };
  const ownHeads = [batch, tokens, keyValueHeads, headSize];
  return (name, x) => {
    const query = groupsFirst(graph, `${name}.query`, rotated(`${name}.q_proj`, x, heads), [
      batch,
      tokens,
      keyValueHeads,
      group,
      headSize,
    ]);
    const key = headsFirst(
      graph,
      `${name}.key`,
      rotated(`${name}.k_proj`, x, keyValueHeads),
      ownHeads,
    );
    const value = headsFirst(graph, `${name}.value`, linear(`${name}.v_proj`, x), ownHeads);
    const factor = attentionScale / (attentionSoftcap ?? 1);
    const scores = product(graph, `${name}.product`, query, key, factor);
    const seen = masked(graph, name, capped(graph, name, scores, attentionSoftcap), mask, [
      batch,
      keyValueHeads,
      tokens,
      group,
      tokens,
    ]);
    const mixed = mix(graph, name, seen, value);
    return linear(
      `${name}.o_proj`,
      ungrouped(graph, name, mixed, [batch, tokens, keyValueHeads, group, headSize]),
    );
  };
}

function product(
  graph: GraphBuilder,
  name: string,
  query: Value,
  key: Value,
  factor: number,
): Value {
  const attributes = { transA: int(0), transB: int(1), alpha: float(factor) };
  return graph.node(name, 'FusedMatMul', [query, key], attributes, MICROSOFT_DOMAIN);
}

function mix(graph: GraphBuilder, name: string, scores: Value, value: Value): Value {
  const shares = graph.node(`${name}.weights`, 'Softmax', [scores], { axis: int(-1) });
  return graph.node(`${name}.mixed`, 'MatMul', [shares, value]);
}

/** The query heads of a group stand beside each other under one mask. */
function masked(
  graph: GraphBuilder,
  name: string,
  scores: Value,
  mask: Value,
  shape: readonly number[],
): Value {
  const [batch, heads, tokens, group, keys] = shape as [number, number, number, number, number];
  const flat = [batch, heads, tokens * group, keys];
  const apart = graph.reshape(`${name}.scores.apart`, scores, shape);
  const sum = graph.node(`${name}.scores.masked`, 'Add', [apart, mask]);
  return graph.reshape(`${name}.scores`, sum, flat);
}

/** [batch * tokens, heads * size] -> [batch, heads, tokens, size] */
function headsFirst(graph: GraphBuilder, name: string, x: Value, shape: readonly number[]): Value {
  const split = graph.reshape(`${name}.split`, x, shape);
  return graph.node(`${name}.turned`, 'Transpose', [split], { perm: ints([0, 2, 1, 3]) });
}

/** [batch, heads, tokens, size] -> `shape` [batch * tokens, heads * size] */
function tokensFirst(graph: GraphBuilder, name: string, x: Value, shape: readonly number[]): Value {
  const turned = graph.node(`${name}.turned`, 'Transpose', [x], { perm: ints([0, 2, 1, 3]) });
  return graph.reshape(name, turned, shape);
}

/** [batch, tokens, heads * group * size] -> [batch, heads, tokens * group, size] */
function groupsFirst(graph: GraphBuilder, name: string, x: Value, shape: readonly number[]): Value {
  const [batch, tokens, heads, group, size] = shape as [number, number, number, number, number];
  const rows = [batch, heads, tokens * group, size];
  if (heads === 1) return graph.reshape(name, x, rows);
  const split = graph.reshape(`${name}.split`, x, shape);
  const turned = graph.node(`${name}.turned`, 'Transpose', [split], {
    perm: ints([0, 2, 1, 3, 4]),
  });
  return graph.reshape(name, turned, rows);
}

/** The way back: [batch, heads, tokens * group, size] -> [batch * tokens, heads * group * size] */
function ungrouped(graph: GraphBuilder, name: string, x: Value, shape: readonly number[]): Value {
  const [batch, tokens, heads, group, size] = shape as [number, number, number, number, number];
  const flat = [batch * tokens, heads * group * size];
  if (heads === 1) return graph.reshape(`${name}.flat`, x, flat);
  const split = graph.reshape(`${name}.mixed.split`, x, [batch, heads, tokens, group, size]);
  const perm = ints([0, 2, 1, 3, 4]);
  const turned = graph.node(`${name}.mixed.turned`, 'Transpose', [split], { perm });
  return graph.reshape(`${name}.flat`, turned, flat);
}
