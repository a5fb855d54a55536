import type { GraphBuilder, Value } from '#onnx';

/** Gemma 2's bound of what goes into a softmax: cap * tanh(x / cap). The value itself where there is no cap. */
export function softcap(
  graph: GraphBuilder,
  name: string,
  x: Value,
  cap: number | undefined,
): Value {
  if (cap === undefined) return x;
  const parts = graph.node(`${name}.parts`, 'Div', [x, graph.scalar(`${name}.divisor`, cap)]);
  return capped(graph, name, parts, cap);
}

/** The same of values that are divided by the cap already: attention's scores, whose product has a factor anyway. */
export function capped(
  graph: GraphBuilder,
  name: string,
  parts: Value,
  cap: number | undefined,
): Value {
  if (cap === undefined) return parts;
  const squeezed = graph.node(`${name}.tanh`, 'Tanh', [parts]);
  return graph.node(`${name}.capped`, 'Mul', [squeezed, graph.scalar(`${name}.cap`, cap)]);
}
