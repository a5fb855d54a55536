import { GraphBuilder, int, text, type Graph, type Value } from '#onnx';
import type { Checkpoint } from '../checkpoint/checkpoint.js';
import type { VisionConfig } from '../checkpoint/model-config.js';
import type { LayerWeights } from './decoder-attention.js';
import { cpuDialect, type Dialect } from './dialect.js';
import type { Attend } from './decoder-layer.js';
import { selfAttention } from './vision-attention.js';
import { Weights } from './weights.js';

/**
 * SigLIP and the projector: `patches` [image tokens, 3 * patch^2] -> `features` [image tokens, text hidden].
 * A patch is flattened channel first, as the convolution's kernel is: so the convolution is one product.
 */
export function visionGraph(checkpoint: Checkpoint, dialect: Dialect = cpuDialect): Graph {
  const { vision, text: decoder, imageTokens } = checkpoint.config;
  const graph = new GraphBuilder('vision');
  const weights = new Weights(graph, checkpoint, dialect);
  const parts = { graph, weights, vision, dialect };
  const patchNumbers = 3 * vision.patchSize ** 2;
  const patches = graph.input('patches', 'float32', [imageTokens, patchNumbers]);
  let x = embed(graph, weights, patches, [vision.hiddenSize, patchNumbers]);
  for (let layer = 0; layer < vision.layers; layer++) {
    const attend: Attend = (name, normal) => selfAttention(parts, name, normal);
    x = encoderLayer(parts, `vision.encoder.layers.${layer}`, x, attend);
  }
  x = weights.layerNorm('vision.post_layernorm', x, vision.layerNormEpsilon);
  const features = graph.node('features', 'Identity', [
    weights.linear('projector', x, { bias: true }),
  ]);
  graph.output(features, 'float32', [imageTokens, decoder.hiddenSize]);
  return graph.build();
}

function embed(
  graph: GraphBuilder,
  weights: Weights,
  patches: Value,
  kernelShape: readonly number[],
): Value {
  const name = 'vision.embeddings.patch_embedding';
  const inputs = [
    patches,
    weights.matrix(`${name}.weight`, kernelShape),
    weights.vector(`${name}.bias`),
  ];
  const embedded = graph.node(name, 'Gemm', inputs, { transB: int(1) });
  const positions = weights.matrix('vision.embeddings.position_embedding.weight');
  return graph.node('vision.embedded', 'Add', [embedded, positions]);
}

/** What all layers of the tower share. */
export interface EncoderParts {
  readonly graph: GraphBuilder;
  readonly weights: EncoderWeights;
  readonly vision: Pick<VisionConfig, 'layerNormEpsilon'>;
}

export interface EncoderWeights extends Pick<LayerWeights, 'linear'> {
  layerNorm(name: string, x: Value, epsilon: number): Value;
}

/** One layer of SigLIP. x [batch * patches, hidden] -> the same shape. */
export function encoderLayer(
  { graph, weights, vision }: EncoderParts,
  layer: string,
  x: Value,
  attend: Attend,
): Value {
  const { layerNormEpsilon } = vision;
  const normal = weights.layerNorm(`${layer}.layer_norm1`, x, layerNormEpsilon);
  const attended = graph.node(`${layer}.attended`, 'Add', [
    x,
    attend(`${layer}.self_attn`, normal),
  ]);
  const middle = weights.layerNorm(`${layer}.layer_norm2`, attended, layerNormEpsilon);
  const wide = weights.linear(`${layer}.mlp.fc1`, middle, { bias: true });
  const active = graph.node(`${layer}.mlp.gelu`, 'Gelu', [wide], { approximate: text('tanh') });
  const narrow = weights.linear(`${layer}.mlp.fc2`, active, { bias: true });
  return graph.node(`${layer}.out`, 'Add', [attended, narrow]);
}
