import { GraphBuilder, int, ints, type Graph, type Value } from '#onnx';
import type { NumpyArray } from './npz-file.js';

export const CODEBOOK = '_vq_vae._embedding';
const RESIDUAL_BLOCKS = ['decoder.2', 'decoder.3'];
/** Layers that double the size, each followed by a ReLU. */
const UPSAMPLING = ['decoder.4', 'decoder.6', 'decoder.8', 'decoder.10'];

export const CODE_COUNT = 16;
export const MASK_SIZE = 64;
export const maskPorts = { codes: 'codes', mask: 'mask' } as const;

/** Numbers of a code word, and channels behind its 1 x 1 layer and behind each layer that doubles the size. */
export interface MaskDecoderSizes {
  readonly word: number;
  readonly hidden: number;
  readonly upsampled: readonly number[];
}

export const CODE_WORDS = 128;
export const PUBLISHED_SIZES: MaskDecoderSizes = {
  word: 512,
  hidden: 128,
  upsampled: [128, 64, 32, 16],
};

/** Every array that the decoder reads, with its shape. Torch's layout: [out, in, height, width]. */
export function maskDecoderArrays({
  word,
  hidden,
  upsampled,
}: MaskDecoderSizes = PUBLISHED_SIZES): ReadonlyMap<string, readonly number[]> {
  const layer = (
    name: string,
    weight: readonly number[],
    outputs: number,
  ): [string, readonly number[]][] => [
    [`${name}.weight`, weight],
    [`${name}.bias`, [outputs]],
  ];
  return new Map([
    [CODEBOOK, [CODE_WORDS, word]],
    ...layer('decoder.0', [hidden, word, 1, 1], hidden),
    ...RESIDUAL_BLOCKS.flatMap((block) => [
      ...layer(`${block}.net.0`, [hidden, hidden, 3, 3], hidden),
      ...layer(`${block}.net.2`, [hidden, hidden, 3, 3], hidden),
      ...layer(`${block}.net.4`, [hidden, hidden, 1, 1], hidden),
    ]),
    // Torch's layout of these: [in, out, height, width].
    ...UPSAMPLING.flatMap((name, index) =>
      layer(name, [upsampled[index - 1] ?? hidden, upsampled[index]!, 4, 4], upsampled[index]!),
    ),
    ...layer('decoder.12', [1, upsampled.at(-1)!, 1, 1], 1),
  ]);
}

/** One mask a run: so its numbers do not depend on others. */
export function maskDecoderGraph(arrays: ReadonlyMap<string, NumpyArray>): Graph {
  const graph = new GraphBuilder('mask_decoder');
  const codes = graph.input(maskPorts.codes, 'int64', [CODE_COUNT]);
  const mask = emitMaskDecoder(graph, codes, 1, (name) => {
    const { data, shape } = arrays.get(name)!;
    return graph.floats(name, data, shape);
  });
  graph.output(mask, 'float32', [1, 1, MASK_SIZE, MASK_SIZE]);
  return graph.build();
}

/**
 * 16 code words a mask, row by row of a 4 x 4 grid -> masks [count, 1, 64, 64], about -1 to 1. Codes: int64
 * [count * 16]. Source: big_vision, evaluators/proj/paligemma/transfers/segmentation.py (`_get_reconstruct_masks`).
 */
export function emitMaskDecoder(
  graph: GraphBuilder,
  codes: Value,
  count: number,
  array: (name: string) => Value,
): Value {
  const layer = (name: string, op: string, x: Value, attributes = {}): Value =>
    graph.node(name, op, [x, array(`${name}.weight`), array(`${name}.bias`)], attributes);
  const relu = (x: Value): Value => graph.node(`${x.name}.relu`, 'Relu', [x]);
  const padded = { pads: ints([1, 1, 1, 1]) };

  const words = graph.node('words', 'Gather', [array(CODEBOOK), codes], { axis: int(0) });
  const grid = graph.reshape('grid', words, [count, 4, 4, -1]);
  const channelsFirst = graph.node('channels', 'Transpose', [grid], { perm: ints([0, 3, 1, 2]) });
  let x = relu(layer('decoder.0', 'Conv', channelsFirst));
  for (const block of RESIDUAL_BLOCKS) {
    const first = relu(layer(`${block}.net.0`, 'Conv', x, padded));
    const second = relu(layer(`${block}.net.2`, 'Conv', first, padded));
    // No activation behind the sum.
    x = graph.node(`${block}.sum`, 'Add', [layer(`${block}.net.4`, 'Conv', second), x]);
  }
  for (const name of UPSAMPLING) {
    x = relu(layer(name, 'ConvTranspose', x, { ...padded, strides: ints([2, 2]) }));
  }
  return graph.node(maskPorts.mask, 'Identity', [layer('decoder.12', 'Conv', x)]);
}
