import { AppError } from '#contracts';
import type { TextConfig } from '../../checkpoint/model-config.js';
import { decoderGraphOf } from '../../graph/decoder-graph.js';
import { webgpuDialect } from '../../graph/dialect.js';
import { DeviceDecoder } from './device-decoder.js';
import { RandomWeights, randomFloats } from './random-weights.js';
import { ReferenceDecoder } from './reference-decoder.js';

/** Small, with everything that either family has: grouped heads, softcap, norms on both sides. */
export const TEXT: TextConfig = {
  hiddenSize: 64,
  layers: 2,
  intermediateSize: 160,
  heads: 4,
  keyValueHeads: 2,
  headSize: 32,
  hasPostNorms: true,
  rmsNormEpsilon: 1e-6,
  ropeTheta: 10_000,
  attentionScale: 32 ** -0.5,
  attentionSoftcap: 50,
  finalSoftcap: undefined,
};
/** A device's rounding gives 1e-6, a wrong kernel 0.1 and more. */
const TOLERANCE = 1e-3;
/** Known wrong kernels go wrong from 32 tokens on. */
const PREFIXES = [45, 33, 7];
const STEPS = 3;
const MAX_TOKENS = 64;

/**
 * A made-up decoder on this very device against plain arithmetic: three prefixes into three slots, steps of all, a
 * slot taken again in between. Drivers and kernels of GPUs differ; a wrong one would give wrong answers silently.
 * Returns the largest difference. Errors: `provider.self_test_failed`.
 */
export async function selfTest(): Promise<number> {
  const difference = await largestDeviation();
  if (difference < TOLERANCE) return difference;
  throw new AppError(
    'provider.self_test_failed',
    `This GPU or its driver computes wrong numbers: ${difference.toExponential(1)} off where ${TOLERANCE} is allowed. Update the driver, or load the model with provider "cpu".`,
    { context: { difference, tolerance: TOLERANCE } },
  );
}

/** Largest difference of any number of a final state; NaN counts as infinite. */
async function largestDeviation(): Promise<number> {
  let weights: RandomWeights | undefined;
  const graph = decoderGraphOf(
    TEXT,
    (builder) => (weights = new RandomWeights(builder, linearSizes(TEXT), TEXT.hiddenSize)),
    MAX_TOKENS,
    webgpuDialect,
  );
  const decoder = await DeviceDecoder.open({
    text: TEXT,
    graph,
    weightFolder: '.',
    slots: PREFIXES.length,
    maxTokens: MAX_TOKENS,
  });
  try {
    return await compare(decoder, () => new ReferenceDecoder(TEXT, weights!));
  } finally {
    await decoder.close();
  }
}

async function compare(
  decoder: DeviceDecoder,
  newReference: () => ReferenceDecoder,
): Promise<number> {
  const { hiddenSize } = TEXT;
  const references: ReferenceDecoder[] = [];
  let worst = 0;
  let seed = 100;
  const check = (actual: Float32Array, expected: readonly number[]): void => {
    for (const [index, value] of expected.entries()) {
      const difference = Math.abs(actual[index]! - value);
      worst = Math.max(worst, Number.isNaN(difference) ? Infinity : difference);
    }
  };
  const prefill = async (slot: number, tokens: number): Promise<void> => {
    const embeddings = randomFloats(tokens * hiddenSize, seed++);
    decoder.cache.free(slot);
    references[slot] = newReference();
    const last = await decoder.prefill(slot, embeddings, MAX_TOKENS);
    check(last, references[slot].read(embeddings));
  };
  for (const [slot, tokens] of PREFIXES.entries()) await prefill(slot, tokens);
  for (let step = 0; step < STEPS; step++) {
    const embeddings = randomFloats(PREFIXES.length * hiddenSize, seed++);
    const last = await decoder.decode([...PREFIXES.keys()], embeddings);
    for (const [slot, reference] of references.entries()) {
      const own = [slot * hiddenSize, (slot + 1) * hiddenSize] as const;
      check(last.subarray(...own), reference.read(embeddings.subarray(...own)));
    }
    if (step === 0) await prefill(1, 40);
  }
  return worst;
}

/** Sizes of the linear layers, by the last part of their names. */
export function linearSizes(text: TextConfig): Record<string, [number, number]> {
  const { hiddenSize, intermediateSize, heads, keyValueHeads, headSize } = text;
  return {
    q_proj: [heads * headSize, hiddenSize],
    k_proj: [keyValueHeads * headSize, hiddenSize],
    v_proj: [keyValueHeads * headSize, hiddenSize],
    o_proj: [hiddenSize, heads * headSize],
    gate_proj: [intermediateSize, hiddenSize],
    up_proj: [intermediateSize, hiddenSize],
    down_proj: [hiddenSize, intermediateSize],
  };
}
