import { GraphBuilder, int, ints, type Graph, type Value } from '#onnx';
import type { NumpyArray } from './npz-file.js';

export const CODEBOOK = '_vq_vae._embedding';
const RESIDUAL_BLOCKS = ['decoder.2', 'decoder.3'];
/** Name and shape [in, out, 4, 4] of the layers that double the size. */
const UPSAMPLING = [
  ['decoder.4', [128, 128, 4, 4]],
  ['decoder.6', [128, 64, 4, 4]],
  ['decoder.8', [64, 32, 4, 4]],
  ['decoder.10', [32, 16, 4, 4]],
] as const;

export const CODE_COUNT = 16;
export const MASK_SIZE = 64;
export const maskPorts = { codes: 'codes', mask: 'mask' } as const;

/** Every array that the decoder reads, with its shape. Torch's layout: [out, in, height, width]. */
export function maskDecoderArrays(): ReadonlyMap<string, readonly number[]> {
  const layer = (
    name: string,
    weight: readonly number[],
    outputs: number,
  ): [string, readonly number[]][] => [
    [`${name}.weight`, weight],
    [`${name}.bias`, [outputs]],
  ];
  return new Map([
    [CODEBOOK, [128, 512]],
    ...layer('decoder.0', [128, 512, 1, 1], 128),
    ...RESIDUAL_BLOCKS.flatMap((block) => [
      ...layer(`${block}.net.0`, [128, 128, 3, 3], 128),
      ...layer(`${block}.net.2`, [128, 128, 3, 3], 128),
      ...layer(`${block}.net.4`, [128, 128, 1, 1], 128),
    ]),
    ...UPSAMPLING.flatMap(([name, shape]) => layer(name, shape, shape[1])),
    ...layer('decoder.12', [1, 16, 1, 1], 1),
  ]);
}

/**
 * 16 code words, row by row of a 4 x 4 grid -> a mask of 64 x 64, about -1 to 1. One mask a run: so its numbers do not
 * depend on others. Source: big_vision, evaluators/proj/paligemma/transfers/segmentation.py (`_get_reconstruct_masks`).
 */
export function maskDecoderGraph(arrays: ReadonlyMap<string, NumpyArray>): Graph {
  const graph = new GraphBuilder('mask_decoder');
  const array = (name: string): Value => {
    const { data, shape } = arrays.get(name)!;
    return graph.floats(name, data, shape);
  };
  const layer = (name: string, op: string, x: Value, attributes = {}): Value =>
    graph.node(name, op, [x, array(`${name}.weight`), array(`${name}.bias`)], attributes);
  const relu = (x: Value): Value => graph.node(`${x.name}.relu`, 'Relu', [x]);
  const padded = { pads: ints([1, 1, 1, 1]) };

  const codes = graph.input(maskPorts.codes, 'int64', [CODE_COUNT]);
  const words = graph.node('words', 'Gather', [array(CODEBOOK), codes], { axis: int(0) });
  const grid = graph.node('grid', 'Reshape', [words, graph.integers('grid.shape', [1, 4, 4, 512])]);
  const channelsFirst = graph.node('channels', 'Transpose', [grid], { perm: ints([0, 3, 1, 2]) });
  let x = relu(layer('decoder.0', 'Conv', channelsFirst));
  for (const block of RESIDUAL_BLOCKS) {
    const first = relu(layer(`${block}.net.0`, 'Conv', x, padded));
    const second = relu(layer(`${block}.net.2`, 'Conv', first, padded));
    // No activation behind the sum.
    x = graph.node(`${block}.sum`, 'Add', [layer(`${block}.net.4`, 'Conv', second), x]);
  }
  for (const [name] of UPSAMPLING) {
    x = relu(layer(name, 'ConvTranspose', x, { ...padded, strides: ints([2, 2]) }));
  }
  const mask = graph.node(maskPorts.mask, 'Identity', [layer('decoder.12', 'Conv', x)]);
  graph.output(mask, 'float32', [1, 1, MASK_SIZE, MASK_SIZE]);
  return graph.build();
}
