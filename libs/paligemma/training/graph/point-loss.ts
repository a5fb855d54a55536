import { int, type GraphBuilder, type Value } from '#onnx';
import { EMBEDDING } from '../../checkpoint/expected-tensors.js';
import { pointMapName } from './learned-tensors.js';
import type { TrainingWeights } from './training-weights.js';

/**
 * Chosen patches as the text model is given them, held against the embedding's rows: so a patch of a dog comes to lie
 * where the word does. image [rows, hidden], chosen int64 [labels] with those of each question together
 * -> [labels, rows of the embedding].
 */
export function pointLogits(
  graph: GraphBuilder,
  weights: TrainingWeights,
  image: Value,
  chosen: Value,
  labels: readonly number[],
): Value {
  const states = graph.node('points', 'Gather', [image, chosen], { axis: int(0) });
  const asked = questions(graph, states, labels).map((state, question) => {
    if (question === 0) return state;
    const map = weights.tensor(pointMapName(question));
    return graph.node(`points.${question}`, 'Gemm', [state, map], { transB: int(1) });
  });
  const all =
    asked.length === 1 ? asked[0]! : graph.node('asked', 'Concat', asked, { axis: int(0) });
  return graph.node('head', 'Gemm', [all, weights.tensor(EMBEDDING)], { transB: int(1) });
}

function questions(graph: GraphBuilder, states: Value, labels: readonly number[]): Value[] {
  if (labels.length === 1) return [states];
  const sizes = graph.integers('points.sizes', labels);
  return graph.nodes('points.of', 'Split', labels.length, [states, sizes], { axis: int(0) });
}
