import { int, type GraphBuilder, type Value } from '#onnx';
import type { Recipe } from '../recipe.js';

/** Targets that are spread over a run of neighbouring token ids. */
export interface SoftTargets {
  readonly firstToken: number;
  /** [count, count]: the target distribution when the right token is the row's. */
  readonly table: Float32Array;
  readonly count: number;
}

export interface LossSizes {
  readonly labels: number;
  readonly tokens: number;
}

export const lossPorts = {
  /** int64 [labels]: the right token. */
  targets: 'targets',
  /** [labels]: what the label's loss counts; 0 for padding. */
  weights: 'weights',
  /** [labels]: the same, and 0 where the target is soft. */
  hardWeights: 'hard_weights',
  /** int64 [labels] of each kind: the row of its table; `count` where the label is of no such kind. */
  softRow: (kind: number) => `soft_row.${kind}`,
  loss: 'loss',
} as const;

/**
 * Cross-entropy of logits [labels, tokens], weighed and added up: one number.
 * With smoothing e over V tokens the target is (1 - e V / (V - 1)) q + e / (V - 1): 1 - e for the right token and the
 * rest evenly over all others, as big_vision.
 */
export function emitLoss(
  graph: GraphBuilder,
  logits: Value,
  { labels, tokens }: LossSizes,
  { labelSmoothing }: Pick<Recipe, 'labelSmoothing'>,
  soft: readonly SoftTargets[],
): Value {
  const log = graph.node('log_probabilities', 'LogSoftmax', [logits], { axis: int(-1) });
  const even = labelSmoothing / (tokens - 1);
  const sharp = 1 - even * tokens;
  const weights = graph.input(lossPorts.weights, 'float32', [labels]);
  const parts = [
    scaled(graph, 'loss.hard', hardPart(graph, log, labels), sharp),
    ...soft.map((targets, kind) =>
      scaled(
        graph,
        `loss.soft.${kind}`,
        softPart(graph, log, weights, targets, kind, labels),
        sharp,
      ),
    ),
  ];
  if (labelSmoothing > 0) {
    const total = sum(graph, 'smoothing.total', log, [1]);
    parts.push(scaled(graph, 'loss.smoothing', weighed(graph, 'smoothing', total, weights), even));
  }
  const all = parts.reduce((one, other) =>
    graph.node(`loss.${other.name}.and_before`, 'Add', [one, other]),
  );
  return graph.node(lossPorts.loss, 'Neg', [all]);
}

function hardPart(graph: GraphBuilder, log: Value, labels: number): Value {
  const targets = graph.input(lossPorts.targets, 'int64', [labels]);
  const weights = graph.input(lossPorts.hardWeights, 'float32', [labels]);
  const column = graph.node('targets.column', 'Unsqueeze', [
    targets,
    graph.integers('targets.axis', [1]),
  ]);
  const chosen = graph.node('chosen.column', 'GatherElements', [log, column], { axis: int(1) });
  const flat = graph.node('chosen', 'Squeeze', [chosen, graph.integers('chosen.axis', [1])]);
  return weighed(graph, 'hard', flat, weights);
}

function softPart(
  graph: GraphBuilder,
  log: Value,
  weights: Value,
  { firstToken, table, count }: SoftTargets,
  kind: number,
  labels: number,
): Value {
  const name = `soft.${kind}`;
  // The last row is for labels of other kinds.
  const withNothing = new Float32Array((count + 1) * count);
  withNothing.set(table);
  const rows = graph.floats(`${name}.table`, withNothing, [count + 1, count]);
  const row = graph.input(lossPorts.softRow(kind), 'int64', [labels]);
  const target = graph.node(`${name}.target`, 'Gather', [rows, row], { axis: int(0) });
  const ids = Array.from({ length: count }, (_, index) => firstToken + index);
  const own = graph.node(`${name}.log`, 'Gather', [log, graph.integers(`${name}.ids`, ids)], {
    axis: int(1),
  });
  const each = sum(graph, `${name}.each`, graph.node(`${name}.terms`, 'Mul', [own, target]), [1]);
  return weighed(graph, name, each, weights);
}

function weighed(graph: GraphBuilder, name: string, values: Value, weights: Value): Value {
  return sum(graph, `${name}.sum`, graph.node(`${name}.weighed`, 'Mul', [values, weights]), [0]);
}

function scaled(graph: GraphBuilder, name: string, value: Value, factor: number): Value {
  if (factor === 1) return value;
  return graph.node(name, 'Mul', [value, graph.scalar(`${name}.factor`, factor)]);
}

function sum(graph: GraphBuilder, name: string, x: Value, axes: readonly number[]): Value {
  return graph.node(name, 'ReduceSum', [x, graph.integers(`${name}.axes`, axes)], {
    keepdims: int(0),
  });
}
