import { differentiate, GraphBuilder, int, type Graph } from '#onnx';
import {
  CODE_COUNT,
  emitMaskDecoder,
  MASK_SIZE,
  maskPorts,
} from '../../output/mask/decoder-graph.js';
import type { LearnedTensor } from '../graph/learned-tensors.js';

export const codecPorts = {
  ...maskPorts,
  /** [masks, 1, 64, 64]: what should come out, -1 to 1. */
  target: 'target',
  /** []: mean square of what is off. */
  loss: 'loss',
  gradient: (name: string) => `gradient of ${name}`,
} as const;

/** The mask decoder for `masks` masks at once, its weights as inputs, and their gradients. */
export function codecGraph(learned: readonly LearnedTensor[], masks: number): Graph {
  const graph = new GraphBuilder('mask_codec');
  const weights = new Map(
    learned.map(({ name, shape }) => [name, graph.input(name, 'float32', shape)]),
  );
  const codes = graph.input(codecPorts.codes, 'int64', [masks * CODE_COUNT]);
  const shape = [masks, 1, MASK_SIZE, MASK_SIZE];
  const target = graph.input(codecPorts.target, 'float32', shape);
  const mask = emitMaskDecoder(graph, codes, masks, (name) => weights.get(name)!);
  graph.output(mask, 'float32', shape);
  const off = graph.node('off', 'Sub', [mask, target]);
  const square = graph.node('off.square', 'Mul', [off, off]);
  const loss = graph.node(codecPorts.loss, 'ReduceMean', [square], { keepdims: int(0) });
  graph.output(loss, 'float32', []);
  const gradients = differentiate(graph, loss, [...weights.values()]);
  for (const { name, shape: sizes } of learned) {
    const gradient = gradients.get(weights.get(name)!)!;
    graph.output(graph.node(codecPorts.gradient(name), 'Identity', [gradient]), 'float32', sizes);
  }
  return graph.build();
}
