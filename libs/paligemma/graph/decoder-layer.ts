import { text as textAttribute, type GraphBuilder, type Value } from '#onnx';
import type { TextConfig } from '../checkpoint/model-config.js';
import type { LayerWeights } from './decoder-attention.js';

/** What all layers of one graph share. */
export interface DecoderParts {
  readonly graph: GraphBuilder;
  readonly weights: LayerWeights;
  readonly text: TextConfig;
}

/** Attention of one layer, by its name: x [batch * tokens, hidden] -> the same shape. */
export type Attend = (name: string, x: Value) => Value;

/**
 * One layer of Gemma or Gemma 2. x [batch * tokens, hidden] -> the same shape.
 * `choose` takes out the rows that the feed-forward and all that follows is for: in a last layer, the wanted ones.
 */
export function decoderLayer(
  { graph, weights, text }: DecoderParts,
  index: number,
  x: Value,
  attend: Attend,
  choose: (rows: Value) => Value = (rows) => rows,
): Value {
  const layer = `text.layers.${index}`;
  const norm = (name: string, value: Value): Value =>
    weights.rmsNorm(`${layer}.${name}`, value, text.rmsNormEpsilon);
  const mixed = attend(`${layer}.self_attn`, norm('input_layernorm', x));
  // The same name is another norm in either family: see expected-tensors.ts.
  const first = text.hasPostNorms ? norm('post_attention_layernorm', mixed) : mixed;
  const attended = choose(graph.node(`${layer}.attended`, 'Add', [x, first]));
  const preNorm = text.hasPostNorms ? 'pre_feedforward_layernorm' : 'post_attention_layernorm';
  const wide = feedForward(graph, weights, `${layer}.mlp`, norm(preNorm, attended));
  const second = text.hasPostNorms ? norm('post_feedforward_layernorm', wide) : wide;
  return graph.node(`${layer}.out`, 'Add', [attended, second]);
}

function feedForward(graph: GraphBuilder, weights: LayerWeights, name: string, x: Value): Value {
  const gate = weights.linear(`${name}.gate_proj`, x, { bias: false });
  const up = weights.linear(`${name}.up_proj`, x, { bias: false });
  const active = graph.node(`${name}.gelu`, 'Gelu', [gate], { approximate: textAttribute('tanh') });
  const product = graph.node(`${name}.gated`, 'Mul', [active, up]);
  return weights.linear(`${name}.down_proj`, product, { bias: false });
}
