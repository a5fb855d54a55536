import { GraphBuilder, int, type Graph } from '#onnx';

/** Names of the inputs and outputs of these graphs. */
export const cachePorts = {
  shape: 'shape',
  old: 'old',
  result: 'result',
  /** int64 [rows, keyValueHeads, tokens, 3]: slot, head and position of each new vector. */
  places: 'places',
  /** [slots, keyValueHeads, capacity, headSize] */
  cache: (index: number) => `cache.${index}`,
  /** [rows, keyValueHeads, tokens, headSize] */
  fresh: (index: number) => `fresh.${index}`,
  written: (index: number) => `written.${index}`,
} as const;

const ANY = ['slots', 'heads', 'capacity', 'size'];

/** int64 [4] -> zeros of this shape: the binding has no other way to take memory of the device. */
export function zerosGraph(): Graph {
  const graph = new GraphBuilder('cache_zeros');
  const shape = graph.input(cachePorts.shape, 'int64', [4]);
  const zero = graph.floats('zero', new Float32Array(1));
  graph.output(graph.node(cachePorts.result, 'Expand', [zero, shape]), 'float32', ANY);
  return graph.build();
}

/** A cache and the shape of what to append behind its tokens -> a longer cache. */
export function growGraph(): Graph {
  const graph = new GraphBuilder('cache_grow');
  const old = graph.input(cachePorts.old, 'float32', ANY);
  const shape = graph.input(cachePorts.shape, 'int64', [4]);
  const zero = graph.floats('zero', new Float32Array(1));
  const more = graph.node('more', 'Expand', [zero, shape]);
  const result = graph.node(cachePorts.result, 'Concat', [old, more], { axis: int(2) });
  graph.output(result, 'float32', ['slots', 'heads', 'longer', 'size']);
  return graph.build();
}

/** New vectors to their places. Run it with each cache as its own output: then nothing else is touched. */
export function writeGraph(caches: number, keyValueHeads: number, headSize: number): Graph {
  const graph = new GraphBuilder('cache_write');
  const places = graph.input(cachePorts.places, 'int64', ['rows', keyValueHeads, 'tokens', 3]);
  for (let index = 0; index < caches; index++) {
    const shape = ['slots', keyValueHeads, 'capacity', headSize];
    const cache = graph.input(cachePorts.cache(index), 'float32', shape);
    const freshShape = ['rows', keyValueHeads, 'tokens', headSize];
    const fresh = graph.input(cachePorts.fresh(index), 'float32', freshShape);
    const written = graph.node(cachePorts.written(index), 'ScatterND', [cache, places, fresh]);
    graph.output(written, 'float32', shape);
  }
  return graph.build();
}
