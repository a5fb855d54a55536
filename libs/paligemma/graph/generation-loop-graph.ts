import { GraphBuilder, int, ints, subgraph, type Graph, type Value } from '#onnx';
import type { Checkpoint } from '../checkpoint/checkpoint.js';
import { decoderPorts, emitDecoder, type EmittedDecoder } from './decoder-graph.js';
import { emitHead, headPorts } from './head-graph.js';
import { listed, stateInputs, stateOutputs, unlisted, type LoopState } from './loop-state.js';
import { emitIsWanted, emitLeft, emitStep, type LoopOptions } from './loop-step.js';
import { Weights } from './weights.js';

/** Inputs and outputs beside those of the decoder; `past` and all that belongs to it is the same. */
export const loopPorts = {
  ...decoderPorts,
  /** int64 []: most tokens to choose after the first. Above 0 only where every row brings one token. */
  moreSteps: 'more_steps',
  /** int64 [batch]: tokens that a row wants. The loop ends when all rows have them, or their eos. */
  budget: 'budget',
  /** [batch, vocabulary]: of the first choice. */
  logits: headPorts.logits,
  /** int64 [batch, chosen]: the most likely tokens. What follows a row's eos or budget means nothing. */
  tokens: 'tokens',
  /** [batch, chosen]: one divided by their probabilities. */
  inverseProbabilities: 'inverse_probabilities',
  /** [tokens, 2 * layers * batch, keyValueHeads, headSize]: of the tokens read, those given and then those chosen. */
  keyValues: decoderPorts.keyValues,
} as const;

/**
 * Text model, head and the loop around both in one graph, for runtimes whose outputs always leave the device: there
 * a cache that goes in and out at every token would cost more than the token.
 *
 * The given tokens are read and a first token is chosen by the same nodes as everywhere; the loop's body is those
 * nodes a second time, emitted by the same functions over the same weights. The cache is read from outside the loop;
 * only keys and values of this run are carried, and grow by one token a step.
 */
export function generationLoopGraph(checkpoint: Checkpoint, options: LoopOptions): Graph {
  const { text } = checkpoint.config;
  const { maxPositions, vocabularySize, dialect } = options;
  const graph = new GraphBuilder('generation');
  const weights = new Weights(graph, checkpoint, dialect);
  const decoder = emitDecoder(graph, weights, text, maxPositions, dialect);
  const head = emitHead(graph, weights, text, decoder.states, vocabularySize);
  graph.output(head.logits, 'float32', ['rows', vocabularySize]);
  const budget = graph.input(loopPorts.budget, 'int64', ['batch']);
  const column = graph.integers('column', [1]);
  const lastPosition = graph.node(
    'last_position',
    'Gather',
    [decoder.shared.positions, graph.integers('last', [-1])],
    { axis: int(1) },
  );
  const first: LoopState = {
    token: head.token,
    position: graph.node('next_position', 'Add', [lastPosition, column]),
    left: emitLeft(graph, budget, head.token, options.eosId),
    tokens: graph.node('first_token', 'Unsqueeze', [head.token, column]),
    inverseProbabilities: graph.node('first_odds', 'Unsqueeze', [head.inverseProbability, column]),
    recent: decoder.fresh,
  };
  outputs(graph, emitLoop(graph, checkpoint, decoder, first, options));
  return graph.build();
}

function emitLoop(
  graph: GraphBuilder,
  checkpoint: Checkpoint,
  decoder: EmittedDecoder,
  first: LoopState,
  options: LoopOptions,
): LoopState {
  const { text } = checkpoint.config;
  const moreSteps = graph.input(loopPorts.moreSteps, 'int64', []);
  const initial = [moreSteps, emitIsWanted(graph, first.left), ...listed(first)];
  const body = graph.body('step');
  body.input('iteration', 'int64', []);
  body.input('condition', 'bool', []);
  const before = stateInputs(body, text);
  const after = emitStep(body, checkpoint, decoder, before, options);
  body.output(emitIsWanted(body, after.left), 'bool', []);
  stateOutputs(body, after, text);
  const attributes = { body: subgraph(body.build()) };
  return unlisted(graph.nodes('loop', 'Loop', listed(first).length, initial, attributes));
}

function outputs(graph: GraphBuilder, last: LoopState): void {
  const all = last.recent.flatMap(({ key, value }) => [key, value]);
  const joined = graph.node('recent.joined', 'Concat', all, { axis: int(0) });
  const name = (port: string, value: Value): Value => graph.node(port, 'Identity', [value]);
  graph.output(name(loopPorts.tokens, last.tokens), 'int64', ['batch', 'chosen']);
  const odds = name(loopPorts.inverseProbabilities, last.inverseProbabilities);
  graph.output(odds, 'float32', ['batch', 'chosen']);
  const keyValues = graph.node(loopPorts.keyValues, 'Transpose', [joined], {
    perm: ints([2, 0, 1, 3]),
  });
  graph.output(keyValues, 'float32', ['read', 'layers', 'heads', 'size']);
}
