import { GraphBuilder, int, type Graph, type Value } from '#onnx';
import type { Checkpoint } from '../../checkpoint/checkpoint.js';
import type { ModelConfig } from '../../checkpoint/model-config.js';
import { encoderLayer } from '../../graph/vision-graph.js';
import { visionAttention } from './batch-attention.js';
import { TrainingWeights } from './training-weights.js';

/**
 * SigLIP over a batch of pictures, with the graph's input `patches` [batch * image tokens, 3 * patch^2]
 * -> [batch * image tokens, vision hidden], before the projector.
 */
export function emitTower(
  graph: GraphBuilder,
  weights: TrainingWeights,
  { vision, imageTokens }: ModelConfig,
  batch: number,
): Value {
  const numbers = 3 * vision.patchSize ** 2;
  const { hiddenSize } = vision;
  const patches = graph.input('patches', 'float32', [batch * imageTokens, numbers]);
  const name = 'vision.embeddings.patch_embedding';
  // A convolution whose windows do not overlap is a product.
  const kernel = graph.reshape(`${name}.kernel`, weights.tensor(`${name}.weight`), [
    hiddenSize,
    numbers,
  ]);
  const inputs = [patches, kernel, weights.tensor(`${name}.bias`)];
  const embedded = graph.node(name, 'Gemm', inputs, { transB: int(1) });
  const pictures = graph.reshape('vision.pictures', embedded, [batch, imageTokens, hiddenSize]);
  const places = weights.tensor('vision.embeddings.position_embedding.weight');
  const placed = graph.node('vision.embedded', 'Add', [pictures, places]);
  let x = graph.reshape('vision.flat', placed, [batch * imageTokens, hiddenSize]);
  const attend = visionAttention(graph, weights, vision, { batch, tokens: imageTokens });
  for (let layer = 0; layer < vision.layers; layer++) {
    const parts = { graph, weights, vision };
    x = encoderLayer(parts, `vision.encoder.layers.${layer}`, x, attend);
  }
  return weights.layerNorm('vision.post_layernorm', x, vision.layerNormEpsilon);
}

/** The tower alone, frozen: `patches` -> `tower` [batch * image tokens, vision hidden]. */
export function towerGraph(checkpoint: Checkpoint, batch: number): Graph {
  const graph = new GraphBuilder('tower');
  const weights = new TrainingWeights(graph, checkpoint, []);
  const { config } = checkpoint;
  const output = graph.node('tower', 'Identity', [emitTower(graph, weights, config, batch)]);
  graph.output(output, 'float32', [batch * config.imageTokens, config.vision.hiddenSize]);
  return graph.build();
}
