import { int, type GraphBuilder, type Value } from '#onnx';
import type { Checkpoint } from '../checkpoint/checkpoint.js';
import { DecoderAttention, type AttentionInputs, type KeyValue } from './decoder-attention.js';
import type { EmittedDecoder } from './decoder-graph.js';
import { decoderLayer } from './decoder-layer.js';
import type { Dialect } from './dialect.js';
import { emitHead } from './head-graph.js';
import type { LoopState } from './loop-state.js';
import { Weights } from './weights.js';

export interface LoopOptions {
  readonly maxPositions: number;
  /** Only ids below this can be chosen. */
  readonly vocabularySize: number;
  /** Ends a row; a negative one never comes. */
  readonly eosId: number;
  readonly dialect: Dialect;
}

/** Reads the newest token of every row and chooses the next. */
export function emitStep(
  body: GraphBuilder,
  checkpoint: Checkpoint,
  decoder: EmittedDecoder,
  before: LoopState,
  { vocabularySize, eosId, dialect }: LoopOptions,
): LoopState {
  const { text } = checkpoint.config;
  const weights = new Weights(body, checkpoint, dialect);
  const shared = stepInputs(body, decoder.shared, before);
  const attention = new DecoderAttention(body, weights, text, shared, dialect);
  const parts = { graph: body, weights, text };
  const factor = body.scalar('embedding_factor', Math.sqrt(text.hiddenSize));
  const rows = weights.embedded(before.token, vocabularySize);
  let x = body.node('embeddings', 'Mul', [rows, factor]);
  const recent: KeyValue[] = [];
  decoder.pasts.forEach((past, layer) => {
    x = decoderLayer(parts, layer, x, (name, normal) => {
      const cached = { ...past, recent: before.recent[layer]! };
      const attended = attention.layer(name, normal, cached);
      recent.push(attended.fresh);
      return attended.mixed;
    });
  });
  const states = weights.rmsNorm('text.norm', x, text.rmsNormEpsilon);
  const { token, inverseProbability } = emitHead(body, weights, text, states, vocabularySize);
  const column = body.integers('column', [1]);
  const appended = (name: string, list: Value, next: Value): Value => {
    const entry = body.node(`${name}.entry`, 'Unsqueeze', [next, column]);
    return body.node(name, 'Concat', [list, entry], { axis: int(1) });
  };
  return {
    token,
    position: body.node('next_position', 'Add', [before.position, column]),
    left: emitLeft(body, before.left, token, eosId),
    tokens: appended('tokens', before.tokens, token),
    inverseProbabilities: appended('odds_so_far', before.inverseProbabilities, inverseProbability),
    recent,
  };
}

/** One token of each row, behind the recent ones. Shapes are those of the first step: it read one token, too. */
function stepInputs(
  body: GraphBuilder,
  first: AttentionInputs,
  before: LoopState,
): AttentionInputs {
  const size = (name: string, value: Value, axis: number): Value =>
    body.node(name, 'Shape', [value], { start: int(axis), end: int(axis + 1) });
  const sizes = [
    size('past.size', first.pastMask, 3),
    size('recent.size', before.recent[0]!.key, 2),
  ];
  const joined = body.node('sizes', 'Concat', sizes, { axis: int(0) });
  const split = body.node('split', 'Add', [joined, body.integers('one_more', [0, 1])]);
  return { ...first, positions: before.position, split };
}

/** One less; none after the eos. Below 0 for rows that are only along with others. */
export function emitLeft(graph: GraphBuilder, left: Value, token: Value, eosId: number): Value {
  const isEos = graph.node('is_eos', 'Equal', [token, graph.integers('eos', [eosId])]);
  const less = graph.node('left.less', 'Sub', [left, graph.integers('one', [1])]);
  return graph.node('left', 'Where', [isEos, graph.integers('none', [0]), less]);
}

/** bool []: whether any row wants more. */
export function emitIsWanted(graph: GraphBuilder, left: Value): Value {
  const most = graph.node('left.most', 'ReduceMax', [left], { keepdims: int(0) });
  const none = graph.initializer('nothing', 'int64', [], new Uint8Array(8));
  return graph.node('is_wanted', 'Greater', [most, none]);
}
