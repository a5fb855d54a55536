import { GraphBuilder, int, type Graph, type Value } from '#onnx';
import type { Checkpoint } from '../checkpoint/checkpoint.js';
import type { TextConfig } from '../checkpoint/model-config.js';
import { keyParts, RUN } from './cache-layout.js';
import {
  DecoderAttention,
  type AttentionInputs,
  type CachedKeyValue,
  type KeyValue,
  type LayerWeights,
} from './decoder-attention.js';
import { decoderLayer, type Attend } from './decoder-layer.js';
import { cpuDialect, type Dialect } from './dialect.js';
import { rotaryTables } from './rotary.js';
import { Weights } from './weights.js';

/** Names of the decoder's inputs and outputs. */
export const decoderPorts = {
  /** [batch, tokens, hidden] */
  embeddings: 'embeddings',
  positions: 'positions',
  pastMask: 'past_mask',
  split: 'split',
  pastShape: 'past_shape',
  /** int64 [3]: batch, tokens, -1. Only where the dialect does not compute shapes. */
  tokenShape: 'token_shape',
  pastKey: (layer: number) => `past_key.${layer}`,
  pastValue: (layer: number) => `past_value.${layer}`,
  /** [2 * layers * batch, keyValueHeads, tokens, headSize]: key then value of each layer. */
  keyValues: 'key_values',
  /** Where the dialect does not join them. [batch, keyValueHeads, tokens, headSize] */
  freshKey: (layer: number) => `fresh_key.${layer}`,
  freshValue: (layer: number) => `fresh_value.${layer}`,
  /** int64 [wanted]: the tokens whose states are computed, counted from 0. */
  wanted: 'wanted',
  /** [batch * wanted, hidden]: normalised, ready for the head. */
  states: 'states',
} as const;

/**
 * The text model without embedding and head. One graph for prefill (one row, many tokens, an empty past) and
 * decode (many rows, one token each), so that its weights are in memory once.
 * Gemma 2's sliding window is left out: 4,096 tokens are never exceeded by an image and its prompt up to 448 px,
 * and at 896 px the prefix stays visible anyway (big_vision has no window either).
 */
export function decoderGraph(
  checkpoint: Checkpoint,
  maxPositions: number,
  dialect: Dialect = cpuDialect,
): Graph {
  const weightsOf = (graph: GraphBuilder) => new Weights(graph, checkpoint, dialect);
  return decoderGraphOf(checkpoint.config.text, weightsOf, maxPositions, dialect);
}

/** The decoder as part of a graph. */
export interface EmittedDecoder {
  /** [batch * wanted, hidden] */
  readonly states: Value;
  /** Of each layer. */
  readonly pasts: readonly CachedKeyValue[];
  readonly fresh: readonly KeyValue[];
  readonly shared: AttentionInputs;
}

/** The same with weights from anywhere. */
export function decoderGraphOf(
  text: TextConfig,
  weightsOf: (graph: GraphBuilder) => LayerWeights,
  maxPositions: number,
  dialect: Dialect,
): Graph {
  const graph = new GraphBuilder('decoder');
  const { fresh } = emitDecoder(graph, weightsOf(graph), text, maxPositions, dialect);
  if (dialect.joinsKeyValues) joinedOutput(graph, fresh, text);
  else separateOutputs(graph, fresh, text);
  return graph.build();
}

/** All of the decoder's inputs and layers, and its output `states`. */
export function emitDecoder(
  graph: GraphBuilder,
  weights: LayerWeights,
  text: TextConfig,
  maxPositions: number,
  dialect: Dialect,
): EmittedDecoder {
  const shape = ['batch', 'tokens', text.hiddenSize];
  const embeddings = graph.input(decoderPorts.embeddings, 'float32', shape);
  const shared = sharedInputs(graph, embeddings, text, maxPositions, dialect);
  const attention = new DecoderAttention(graph, weights, text, shared, dialect);
  const parts = { graph, weights, text };
  const flatShape = graph.integers('flat_shape', [-1, text.hiddenSize]);
  let x = graph.node('flat', 'Reshape', [embeddings, flatShape]);
  const choose = chooser(graph, shared.tokenShape, text);
  const fresh: KeyValue[] = [];
  const pasts = Array.from({ length: text.layers }, (_, layer) =>
    pastInputs(graph, layer, text, dialect),
  );
  for (let layer = 0; layer < text.layers; layer++) {
    const isLast = layer === text.layers - 1;
    const attend: Attend = (name, normal) => {
      const attended = attention.layer(name, normal, pasts[layer]!);
      fresh.push(attended.fresh);
      return attended.mixed;
    };
    x = decoderLayer(parts, layer, x, attend, isLast ? choose : undefined);
  }
  const normal = weights.rmsNorm('text.norm', x, text.rmsNormEpsilon);
  const states = graph.node(decoderPorts.states, 'Identity', [normal]);
  graph.output(states, 'float32', ['rows', text.hiddenSize]);
  return { states, pasts, fresh, shared };
}

function sharedInputs(
  graph: GraphBuilder,
  embeddings: Value,
  text: TextConfig,
  maxPositions: number,
  dialect: Dialect,
): AttentionInputs {
  const { cos, sin } = rotaryTables(maxPositions, text.headSize, text.ropeTheta);
  const tableShape = [maxPositions, text.headSize / 2];
  return {
    tokenShape: tokenShape(graph, embeddings, dialect),
    positions: graph.input(decoderPorts.positions, 'int64', ['batch', 'tokens']),
    cos: graph.floats('cos', cos, tableShape),
    sin: graph.floats('sin', sin, tableShape),
    pastMask: graph.input(decoderPorts.pastMask, 'float32', ['batch', 1, 1, 'past']),
    split: graph.input(decoderPorts.split, 'int64', [2]),
    ...(dialect.cutsSums ? { pastShape: graph.input(decoderPorts.pastShape, 'int64', [5]) } : {}),
  };
}

function tokenShape(graph: GraphBuilder, embeddings: Value, dialect: Dialect): Value {
  const name = decoderPorts.tokenShape;
  if (!dialect.computesShapes) return graph.input(name, 'int64', [3]);
  const sizes = graph.node('sizes', 'Shape', [embeddings], { start: int(0), end: int(2) });
  return graph.node(name, 'Concat', [sizes, graph.integers('rest', [-1])], { axis: int(0) });
}

function pastInputs(
  graph: GraphBuilder,
  layer: number,
  { keyValueHeads, headSize }: TextConfig,
  dialect: Dialect,
): CachedKeyValue {
  const parts = keyParts(headSize);
  const whole = ['batch', keyValueHeads, 'past', headSize];
  const key = dialect.cutsSums ? ['batch', keyValueHeads, parts, 'past', headSize / parts] : whole;
  const value = dialect.cutsSums ? ['batch', keyValueHeads, 'runs', RUN, headSize] : whole;
  return {
    key: graph.input(decoderPorts.pastKey(layer), 'float32', key),
    value: graph.input(decoderPorts.pastValue(layer), 'float32', value),
  };
}

/**
 * x [batch * tokens, hidden] -> [batch * wanted, hidden]: the last layer's feed-forward, 5 % of a prefill, is computed
 * for the tokens that are asked for alone.
 */
function chooser(
  graph: GraphBuilder,
  shape: Value,
  { hiddenSize }: TextConfig,
): (x: Value) => Value {
  const wanted = graph.input(decoderPorts.wanted, 'int64', ['wanted']);
  return (x) => {
    const tokens = graph.node('wanted.tokens', 'Reshape', [x, shape]);
    const chosen = graph.node('wanted.chosen', 'Gather', [tokens, wanted], { axis: int(1) });
    return graph.node('wanted.flat', 'Reshape', [
      chosen,
      graph.integers('wanted.shape', [-1, hiddenSize]),
    ]);
  };
}

function joinedOutput(graph: GraphBuilder, fresh: readonly KeyValue[], text: TextConfig): void {
  const all = fresh.flatMap(({ key, value }) => [key, value]);
  const keyValues = graph.node(decoderPorts.keyValues, 'Concat', all, { axis: int(0) });
  graph.output(keyValues, 'float32', ['layers', text.keyValueHeads, 'tokens', text.headSize]);
}

function separateOutputs(graph: GraphBuilder, fresh: readonly KeyValue[], text: TextConfig): void {
  const shape = ['batch', text.keyValueHeads, 'tokens', text.headSize];
  fresh.forEach(({ key, value }, layer) => {
    const outputs = [
      graph.node(decoderPorts.freshKey(layer), 'Identity', [key]),
      graph.node(decoderPorts.freshValue(layer), 'Identity', [value]),
    ];
    for (const output of outputs) graph.output(output, 'float32', shape);
  });
}
