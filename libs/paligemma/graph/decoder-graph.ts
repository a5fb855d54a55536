import { GraphBuilder, int, text as textAttribute, type Graph, type Value } from '#onnx';
import type { Checkpoint } from '../checkpoint/checkpoint.js';
import type { TextConfig } from '../checkpoint/model-config.js';
import { keyParts, RUN } from './cache-layout.js';
import { DecoderAttention, type CachedKeyValue, type KeyValue } from './decoder-attention.js';
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
  pastKey: (layer: number) => `past_key.${layer}`,
  pastValue: (layer: number) => `past_value.${layer}`,
  /** [2 * layers * batch, keyValueHeads, tokens, headSize]: key then value of each layer. */
  keyValues: 'key_values',
  /** [batch, hidden]: the last token, normalised, ready for the head. */
  last: 'last',
  /** [batch, tokens, hidden]: all of them. Copied out only when asked for. */
  states: 'states',
} as const;

/**
 * The text model without embedding and head. One graph for prefill (one row, many tokens, an empty past) and
 * decode (many rows, one token each), so that its weights are in memory once.
 * Gemma 2's sliding window is left out: 4,096 tokens are never exceeded by an image and its prompt up to 448 px,
 * and at 896 px the prefix stays visible anyway (big_vision has no window either).
 */
export function decoderGraph(checkpoint: Checkpoint, maxPositions: number): Graph {
  const { text } = checkpoint.config;
  const graph = new GraphBuilder('decoder');
  const weights = new Weights(graph, checkpoint);
  const embeddings = graph.input(decoderPorts.embeddings, 'float32', [
    'batch',
    'tokens',
    text.hiddenSize,
  ]);
  const attention = new DecoderAttention(
    graph,
    weights,
    text,
    sharedInputs(graph, embeddings, text, maxPositions),
  );
  const flatShape = graph.integers('flat_shape', [-1, text.hiddenSize]);
  let x = graph.node('flat', 'Reshape', [embeddings, flatShape]);
  const fresh: Value[] = [];
  for (let layer = 0; layer < text.layers; layer++) {
    const result = decoderLayer(graph, weights, attention, layer, x, text);
    x = result.x;
    fresh.push(result.fresh.key, result.fresh.value);
  }
  finish(graph, weights, x, fresh, embeddings, text);
  return graph.build();
}

function sharedInputs(
  graph: GraphBuilder,
  embeddings: Value,
  text: TextConfig,
  maxPositions: number,
) {
  const { cos, sin } = rotaryTables(maxPositions, text.headSize, text.ropeTheta);
  const tableShape = [maxPositions, text.headSize / 2];
  const sizes = graph.node('sizes', 'Shape', [embeddings], { start: int(0), end: int(2) });
  const tokenShape = graph.node('token_shape', 'Concat', [sizes, graph.integers('rest', [-1])], {
    axis: int(0),
  });
  return {
    tokenShape,
    positions: graph.input(decoderPorts.positions, 'int64', ['batch', 'tokens']),
    cos: graph.floats('cos', cos, tableShape),
    sin: graph.floats('sin', sin, tableShape),
    pastMask: graph.input(decoderPorts.pastMask, 'float32', ['batch', 1, 1, 'past']),
    split: graph.input(decoderPorts.split, 'int64', [2]),
    pastShape: graph.input(decoderPorts.pastShape, 'int64', [5]),
  };
}

function decoderLayer(
  graph: GraphBuilder,
  weights: Weights,
  attention: DecoderAttention,
  index: number,
  x: Value,
  text: TextConfig,
): { x: Value; fresh: KeyValue } {
  const layer = `text.layers.${index}`;
  const norm = (name: string, value: Value): Value =>
    weights.rmsNorm(`${layer}.${name}`, value, text.rmsNormEpsilon);
  const past = pastInputs(graph, index, text);
  const { mixed, fresh } = attention.layer(`${layer}.self_attn`, norm('input_layernorm', x), past);
  // The same name is another norm in either family: see expected-tensors.ts.
  const first = text.hasPostNorms ? norm('post_attention_layernorm', mixed) : mixed;
  const attended = graph.node(`${layer}.attended`, 'Add', [x, first]);
  const preNorm = text.hasPostNorms ? 'pre_feedforward_layernorm' : 'post_attention_layernorm';
  const wide = feedForward(graph, weights, `${layer}.mlp`, norm(preNorm, attended));
  const second = text.hasPostNorms ? norm('post_feedforward_layernorm', wide) : wide;
  return { x: graph.node(`${layer}.out`, 'Add', [attended, second]), fresh };
}

function pastInputs(graph: GraphBuilder, layer: number, text: TextConfig): CachedKeyValue {
  const { keyValueHeads, headSize } = text;
  const parts = keyParts(headSize);
  const key = ['batch', keyValueHeads, parts, 'past', headSize / parts];
  const value = ['batch', keyValueHeads, 'runs', RUN, headSize];
  return {
    key: graph.input(decoderPorts.pastKey(layer), 'float32', key),
    value: graph.input(decoderPorts.pastValue(layer), 'float32', value),
  };
}

function feedForward(graph: GraphBuilder, weights: Weights, name: string, x: Value): Value {
  const gate = weights.linear(`${name}.gate_proj`, x, { bias: false });
  const up = weights.linear(`${name}.up_proj`, x, { bias: false });
  const active = graph.node(`${name}.gelu`, 'Gelu', [gate], { approximate: textAttribute('tanh') });
  const product = graph.node(`${name}.gated`, 'Mul', [active, up]);
  return weights.linear(`${name}.down_proj`, product, { bias: false });
}

function finish(
  graph: GraphBuilder,
  weights: Weights,
  x: Value,
  fresh: readonly Value[],
  embeddings: Value,
  text: TextConfig,
): void {
  const normal = weights.rmsNorm('text.norm', x, text.rmsNormEpsilon);
  const states = graph.node(decoderPorts.states, 'Reshape', [
    normal,
    graph.node('state_shape', 'Shape', [embeddings]),
  ]);
  const lastIndex = graph.initializer(
    'last_index',
    'int64',
    [],
    new Uint8Array(BigInt64Array.of(-1n).buffer),
  );
  const last = graph.node(decoderPorts.last, 'Gather', [states, lastIndex], { axis: int(1) });
  const keyValues = graph.node(decoderPorts.keyValues, 'Concat', fresh, { axis: int(0) });
  graph.output(last, 'float32', ['batch', text.hiddenSize]);
  graph.output(keyValues, 'float32', ['layers', text.keyValueHeads, 'tokens', text.headSize]);
  graph.output(states, 'float32', ['batch', 'tokens', text.hiddenSize]);
}
