import { differentiate, GraphBuilder, int, type Graph, type Node, type Value } from '#onnx';
import type { Checkpoint } from '../../checkpoint/checkpoint.js';
import { decoderLayer } from '../../graph/decoder-layer.js';
import { softcap } from '../../graph/softcap.js';
import type { Recipe } from '../recipe.js';
import { textAttention } from './batch-attention.js';
import type { LearnedTensor } from './learned-tensors.js';
import { pointLogits } from './point-loss.js';
import { emitLoss, lossPorts, type SoftTargets } from './token-loss.js';
import { TrainingWeights } from './training-weights.js';
import { emitTower } from './vision-tower.js';

/** Sizes of one batch, fixed: shorter texts are padded. */
export interface TrainingSizes {
  readonly batch: number;
  /** Inputs of the text model behind the image: `Recipe.textTokens`. */
  readonly textTokens: number;
  /** Rows of the batch whose next token counts, with padding. */
  readonly labels: number;
  /** The same by question about points, where only the tower learns. */
  readonly places?: readonly number[];
}

export interface TrainingGraphOptions extends TrainingSizes {
  readonly learned: readonly LearnedTensor[];
  readonly soft: readonly SoftTargets[];
  readonly recipe: Pick<Recipe, 'tuning' | 'labelSmoothing' | 'recomputes'>;
  /** Whether the tower is part of the graph; else its output is an input, computed once for each picture. */
  readonly hasTower: boolean;
}

export const trainingPorts = {
  ...lossPorts,
  /** [batch * patches, 3 * patch^2], as `imagePatches` lays them out. */
  patches: 'patches',
  /** Instead of it: [batch * patches, vision hidden], the tower's output before the projector. */
  tower: 'tower',
  /** int64 [batch, textTokens] */
  ids: 'ids',
  /** int64 [batch, tokens], where tokens = image tokens + textTokens */
  positions: 'positions',
  /** [batch, 1, tokens, 1, tokens]: 0 where a token sees another, very negative where not. */
  mask: 'mask',
  /** int64 [labels]: rows of [batch * tokens] whose next token is the label. */
  labelRows: 'label_rows',
  logits: 'logits',
  gradient: (name: string) => `gradient of ${name}`,
} as const;

/** Nodes of one layer, of the tower or the text model. */
const LAYER = /^(vision\.encoder|text)\.layers\.\d+\./;

/**
 * Forward and backward of a prefix language model: image and prefix see each other, the suffix what is before it
 * (which is for the mask to say). Outputs: `loss` [], and the gradient of each learned tensor by `trainingPorts.gradient`.
 */
export function trainingGraph(checkpoint: Checkpoint, options: TrainingGraphOptions): Graph {
  const graph = new GraphBuilder('training');
  const { loss, weights } = emitForward(graph, checkpoint, options);
  const learned = [...weights.learned.values()];
  const segmentOf = (node: Node): string | undefined => LAYER.exec(node.name)?.[0];
  const gradients = differentiate(
    graph,
    loss,
    learned,
    options.recipe.recomputes ? { segmentOf } : {},
  );
  graph.output(loss, 'float32', []);
  for (const { name, shape } of options.learned) {
    const gradient = gradients.get(weights.learned.get(name)!);
    if (gradient === undefined) throw new Error(`the loss does not depend on ${name}`);
    const output = graph.node(trainingPorts.gradient(name), 'Identity', [gradient]);
    graph.output(output, 'float32', shape);
  }
  return graph.build();
}

/** The same without the way back. Outputs: `loss`, `logits` [labels, rows of the embedding]. */
export function evaluationGraph(checkpoint: Checkpoint, options: TrainingGraphOptions): Graph {
  const graph = new GraphBuilder('evaluation');
  const { loss, logits } = emitForward(graph, checkpoint, options);
  graph.output(loss, 'float32', []);
  graph.output(logits, 'float32', [options.labels, checkpoint.embeddingRows]);
  return graph.build();
}

function emitForward(
  graph: GraphBuilder,
  checkpoint: Checkpoint,
  options: TrainingGraphOptions,
): { readonly loss: Value; readonly logits: Value; readonly weights: TrainingWeights } {
  const { recipe, learned, batch } = options;
  const lora = recipe.tuning.kind === 'lora' ? recipe.tuning : undefined;
  const { text, imageTokens } = checkpoint.config;
  const tokens = imageTokens + options.textTokens;
  const last = `text.layers.${text.layers - 1}.mlp`;
  const rowsOf = (linear: string) => (linear.startsWith(last) ? options.labels : batch * tokens);
  const weights = new TrainingWeights(graph, checkpoint, learned, lora, rowsOf);
  const product =
    recipe.tuning.kind === 'tower'
      ? pointProduct(graph, weights, checkpoint, options)
      : textProduct(graph, weights, checkpoint, options);
  const capped = softcap(graph, 'logits', product, text.finalSoftcap);
  const logits = graph.node(trainingPorts.logits, 'Identity', [capped]);
  const sizes = { labels: options.labels, tokens: checkpoint.embeddingRows };
  return { loss: emitLoss(graph, logits, sizes, recipe, options.soft), logits, weights };
}

type ForwardParts = readonly [GraphBuilder, TrainingWeights, Checkpoint, TrainingGraphOptions];

function pointProduct(...[graph, weights, checkpoint, options]: ForwardParts): Value {
  const image = imageFeatures(graph, weights, checkpoint, options);
  const rows = graph.input(trainingPorts.labelRows, 'int64', [options.labels]);
  return pointLogits(graph, weights, image, rows, options.places ?? [options.labels]);
}

function textProduct(...[graph, weights, checkpoint, options]: ForwardParts): Value {
  const { text, imageTokens } = checkpoint.config;
  const { batch, labels } = options;
  const tokens = imageTokens + options.textTokens;
  let x = embeddings(graph, weights, checkpoint, options);
  const inputs = {
    positions: graph.input(trainingPorts.positions, 'int64', [batch, tokens]),
    mask: graph.input(trainingPorts.mask, 'float32', [batch, 1, tokens, 1, tokens]),
  };
  const attend = textAttention(graph, weights, text, { batch, tokens }, inputs);
  const rows = graph.input(trainingPorts.labelRows, 'int64', [labels]);
  const choose = (all: Value): Value =>
    graph.node('label_states', 'Gather', [all, rows], { axis: int(0) });
  for (let layer = 0; layer < text.layers; layer++) {
    const isLast = layer === text.layers - 1;
    x = decoderLayer({ graph, weights, text }, layer, x, attend, isLast ? choose : undefined);
  }
  const states = weights.rmsNorm('text.norm', x, text.rmsNormEpsilon);
  return graph.node('head', 'Gemm', [states, weights.head], { transB: int(1) });
}

/** Image features as they are, behind them the text's rows times sqrt(hidden): [batch * tokens, hidden]. */
function embeddings(...[graph, weights, checkpoint, options]: ForwardParts): Value {
  const { text, imageTokens } = checkpoint.config;
  const { batch, textTokens } = options;
  const flat = imageFeatures(graph, weights, checkpoint, options);
  const image = graph.reshape('image', flat, [batch, imageTokens, text.hiddenSize]);
  const ids = graph.input(trainingPorts.ids, 'int64', [batch, textTokens]);
  const table = weights.tensor('text.embed_tokens.weight');
  const rows = graph.node('text.rows', 'Gather', [table, ids], { axis: int(0) });
  const factor = graph.scalar('text.factor', Math.sqrt(text.hiddenSize));
  const words = graph.node('text.embedded', 'Mul', [rows, factor]);
  const joined = graph.node('embedded', 'Concat', [image, words], { axis: int(1) });
  return graph.reshape('embedded.flat', joined, [
    batch * (imageTokens + textTokens),
    text.hiddenSize,
  ]);
}

/** What the tower says, projected: [batch * image tokens, hidden]. */
function imageFeatures(...[graph, weights, checkpoint, options]: ForwardParts): Value {
  const { vision, imageTokens } = checkpoint.config;
  const { batch, hasTower } = options;
  const tower = hasTower
    ? emitTower(graph, weights, checkpoint.config, batch)
    : graph.input(trainingPorts.tower, 'float32', [batch * imageTokens, vision.hiddenSize]);
  return weights.linear('projector', tower, { bias: true });
}
