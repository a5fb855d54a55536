import { Tensor } from 'onnxruntime-node';
import { randomStream } from '../../generation/random-stream.js';
import { GraphSession } from '../../graph/graph-session.js';
import { CODE_COUNT, MASK_SIZE } from '../../output/mask/decoder-graph.js';
import type { NumpyArray } from '../../output/mask/npz-file.js';
import { writeNpz } from '../../output/mask/write-npz.js';
import type { LearnedTensor } from '../graph/learned-tensors.js';
import { firstState, type LearnerState } from '../step/learner-state.js';
import { learningRateAt } from '../step/learning-rate.js';
import { Updater } from '../step/updater.js';
import { codecGraph, codecPorts } from './codec-graph.js';
import { codecTensors, firstWeightsOf, published } from './codec-weights.js';
import { MaskEncoder } from './mask-encoder.js';

const RECIPE = {
  optimiser: { kind: 'adamw', beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0 },
  clipNorm: 1,
  learningRate: 2e-3,
  warmup: 0.05,
  schedule: 'cosine',
} as const;
const PIXELS = MASK_SIZE * MASK_SIZE;

export interface MaskCodecOptions {
  /** [64, 64] each, 0 to 1: of things in their boxes (`cutMask`). */
  readonly masks: readonly Float32Array[];
  readonly seed: number;
  /** Updates. */
  readonly steps: number;
  /** Masks of an update. */
  readonly batchSize: number;
  /** The runtime's own choice when absent. */
  readonly threads?: number;
  /** After each update: how far masks were off before it, as a mean square. */
  readonly onStep?: (step: number, loss: number) => void;
}

/** What turns masks into code words, and the arrays of what turns them back, as in the published file. */
export interface MaskCodec {
  readonly encoder: MaskEncoder;
  readonly decoder: ReadonlyMap<string, NumpyArray>;
}

/**
 * Learns code words for masks, and how they are drawn. On one machine equal options give equal codecs.
 * Errors: `RangeError` without masks.
 */
export async function trainMaskCodec(options: MaskCodecOptions): Promise<MaskCodec> {
  const { masks, seed } = options;
  if (masks.length === 0) throw new RangeError('a mask codec needs masks to learn from');
  const random = randomStream(seed);
  const encoder = MaskEncoder.fit(masks, random);
  const weights = await trainDecoder(encoder, options, random);
  const decoder = new Map(
    [...weights].map(([name, { data }]) => [name, published(name, data as Float32Array)]),
  );
  return { encoder, decoder };
}

async function trainDecoder(
  encoder: MaskEncoder,
  { masks, steps, batchSize, threads, onStep }: MaskCodecOptions,
  random: () => number,
): Promise<LearnerState['weights']> {
  const codes = masks.map((mask) => encoder.encode(mask));
  const learned = codecTensors();
  const names = learned.map(({ name }) => name);
  const backward = await GraphSession.open(codecGraph(learned, batchSize), {
    weightFolder: '/',
    hasFixedSizes: true,
    ...(threads === undefined ? {} : { threads }),
  });
  const updater = await Updater.open(learned, { recipe: RECIPE, threads });
  const first = (tensor: LearnedTensor) => firstWeightsOf(tensor, encoder.cells, random);
  let state = firstState(learned, first, RECIPE.optimiser);
  for (let step = 1; step <= steps; step++) {
    const batch = Array.from({ length: batchSize }, () => Math.floor(random() * masks.length));
    const feeds = { ...Object.fromEntries(state.weights), ...feedsOf(batch, masks, codes) };
    const found = await backward.run(feeds, [codecPorts.loss, ...names.map(codecPorts.gradient)]);
    const gradients = new Map(names.map((name) => [name, found[codecPorts.gradient(name)]!]));
    ({ state } = await updater.next(state, gradients, learningRateAt(step, steps, RECIPE)));
    onStep?.(step, (found[codecPorts.loss]!.data as Float32Array)[0]!);
  }
  await backward.release();
  await updater.release();
  return state.weights;
}

/** As `MaskDecoder.load` and `MaskEncoder.load` read it. Equal codecs give equal bytes. Errors: those of `writeFile`. */
export function writeMaskCodec(path: string, { encoder, decoder }: MaskCodec): Promise<void> {
  return writeNpz(path, new Map([...decoder, ...encoder.arrays]));
}

function feedsOf(
  batch: readonly number[],
  masks: readonly Float32Array[],
  codes: readonly (readonly number[])[],
): Record<string, Tensor> {
  const words = BigInt64Array.from(
    batch.flatMap((at) => codes[at]!),
    BigInt,
  );
  const targets = new Float32Array(batch.length * PIXELS);
  batch.forEach((at, index) => targets.set(masks[at]!, index * PIXELS));
  return {
    [codecPorts.codes]: new Tensor('int64', words, [batch.length * CODE_COUNT]),
    [codecPorts.target]: new Tensor(
      'float32',
      targets.map((value) => 2 * value - 1),
      [batch.length, 1, MASK_SIZE, MASK_SIZE],
    ),
  };
}
