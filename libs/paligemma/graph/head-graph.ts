import { GraphBuilder, int, type Graph, type Value } from '#onnx';
import type { Checkpoint } from '../checkpoint/checkpoint.js';
import type { TextConfig } from '../checkpoint/model-config.js';
import { cpuDialect, type Dialect } from './dialect.js';
import { softcap } from './softcap.js';
import { Weights } from './weights.js';

/** Names of the head's input and outputs. */
export const headPorts = {
  /** [batch, hidden] */
  states: 'states',
  /** [batch, tokens]: after Gemma 2's final softcap. Copied out only when asked for. */
  logits: 'logits',
  /** int64 [batch]: the most likely token; the lowest id among equals, as torch. */
  token: 'token',
  /** [batch]: one divided by its probability. */
  inverseProbability: 'inverse_probability',
} as const;

/**
 * Hidden states to the next token. Takes the first `tokens` rows of the table only: rows behind them are padding
 * or `<image>`, and what is not computed cannot be chosen.
 */
export function headGraph(
  checkpoint: Checkpoint,
  tokens: number,
  dialect: Dialect = cpuDialect,
): Graph {
  const { text } = checkpoint.config;
  const graph = new GraphBuilder('head');
  const states = graph.input(headPorts.states, 'float32', ['batch', text.hiddenSize]);
  const weights = new Weights(graph, checkpoint, dialect);
  const { logits, token, inverseProbability } = emitHead(graph, weights, text, states, tokens);
  graph.output(logits, 'float32', ['batch', tokens]);
  graph.output(token, 'int64', ['batch']);
  graph.output(inverseProbability, 'float32', ['batch']);
  return graph.build();
}

/** The head as part of a graph: named as its ports are, and no output yet. */
export function emitHead(
  graph: GraphBuilder,
  weights: Weights,
  { finalSoftcap }: TextConfig,
  states: Value,
  tokens: number,
): { readonly logits: Value; readonly token: Value; readonly inverseProbability: Value } {
  const product = softcap(graph, 'head', weights.head(states, tokens), finalSoftcap);
  const logits = graph.node(headPorts.logits, 'Identity', [product]);
  return { logits, ...choose(graph, logits) };
}

/** States to logits of a few tokens, before any softcap; `rows` [tokens, hidden] are copied into the model. */
export function codeHeadGraph(rows: Float32Array, hiddenSize: number): Graph {
  const tokens = rows.length / hiddenSize;
  const graph = new GraphBuilder('code_head');
  const states = graph.input(headPorts.states, 'float32', ['batch', hiddenSize]);
  const table = graph.floats('table', rows, [tokens, hiddenSize]);
  const product = graph.node(headPorts.logits, 'Gemm', [states, table], { transB: int(1) });
  graph.output(product, 'float32', ['batch', tokens]);
  return graph.build();
}

/**
 * 1 / p(best) = sum(exp(logit - best)): exact even where p is close to 1. The logarithm is left to the caller: the
 * runtime's Log takes another routine for what does not fill a vector, so its last bit depends on the batch.
 */
function choose(
  graph: GraphBuilder,
  logits: Value,
): { readonly token: Value; readonly inverseProbability: Value } {
  const token = graph.node(headPorts.token, 'ArgMax', [logits], { axis: int(1), keepdims: int(0) });
  const axis = graph.integers('axis', [1]);
  const best = graph.node('best', 'ReduceMax', [logits, axis]);
  const odds = graph.node('odds', 'Exp', [graph.node('below_best', 'Sub', [logits, best])]);
  const inverseProbability = graph.node(headPorts.inverseProbability, 'ReduceSum', [odds, axis], {
    keepdims: int(0),
  });
  return { token, inverseProbability };
}
