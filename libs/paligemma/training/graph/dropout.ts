import type { GraphBuilder, Value } from '#onnx';

/** Name of the graph's input that dropout draws from: a number in [0, 1), another at each step. */
export const DROPOUT_SEED = 'dropout_seed';

/**
 * x [rows, columns] with a share of its numbers set to 0 and the others scaled up for it. The draw is a hash of row,
 * column, layer and the step's seed (far digits of a sine): the runtime's own random numbers follow from what it ran
 * before, and a resumed training must draw what an undisturbed one draws.
 */
export function dropped(
  graph: GraphBuilder,
  name: string,
  x: Value,
  [rows, columns]: readonly [number, number],
  share: number,
  seed: Value,
): Value {
  const number = (part: string, value: number): Value => graph.scalar(`${name}.${part}`, value);
  const angles = (part: string, count: number, factor: number, shape: number[]): Value =>
    graph.floats(
      `${name}.${part}`,
      Float32Array.from({ length: count }, (_, index) => (index * factor + hash(name)) % 6.283),
      shape,
    );
  const cells = graph.node(`${name}.cells`, 'Add', [
    angles('rows', rows, 12.9898, [rows, 1]),
    angles('columns', columns, 78.233, [1, columns]),
  ]);
  const angle = graph.node(`${name}.angle`, 'Add', [
    cells,
    graph.node(`${name}.turn`, 'Mul', [seed, number('circle', 6.283)]),
  ]);
  const wave = graph.node(`${name}.wave`, 'Sin', [angle]);
  const far = graph.node(`${name}.far`, 'Mul', [wave, number('digits', 43_758.547)]);
  const whole = graph.node(`${name}.whole`, 'Floor', [far]);
  const drawn = graph.node(`${name}.drawn`, 'Sub', [far, whole]);
  const isKept = graph.node(`${name}.is_kept`, 'GreaterOrEqual', [drawn, number('share', share)]);
  const factor = graph.node(`${name}.factor`, 'Where', [
    isKept,
    number('scale', 1 / (1 - share)),
    number('nothing', 0),
  ]);
  return graph.node(name, 'Mul', [x, factor]);
}

function hash(name: string): number {
  let state = 0;
  for (const character of name) state = (Math.imul(state, 31) + character.charCodeAt(0)) >>> 0;
  return state % 1009;
}
