/** For specs: the checkpoints and reference answers of test/fixtures (see test/reference/README.md). */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FIXTURES = new URL('../../test/fixtures/', import.meta.url);

interface StoredArray {
  readonly offset: number;
  readonly shape: readonly number[];
}

export interface GoldenGeneration {
  readonly prompt: string;
  readonly image_seed: number;
  readonly max_new_tokens: number;
  readonly input_ids: readonly number[];
  readonly generated_ids: readonly number[];
  readonly log_probabilities: readonly number[];
  readonly end_reason: 'eos' | 'length';
  readonly text: string;
}

export interface Golden {
  readonly image_size: number;
  /** Width of stored logits; only the first `allowed_tokens` count. */
  readonly rows: number;
  readonly allowed_tokens: number;
  readonly image_features: StoredArray & { readonly image_seed: number };
  readonly prefill: readonly {
    readonly prompt: string;
    readonly image_seed: number;
    readonly input_ids: readonly number[];
    readonly tail_logits: StoredArray;
  }[];
  readonly generation: readonly GoldenGeneration[];
}

export function checkpointFolder(name: string): string {
  return fileURLToPath(new URL(`checkpoints/${name}`, FIXTURES));
}

/** The reference's answers, and a reader of the arrays beside them. */
export function loadGolden(name: string): {
  golden: Golden;
  floats: (stored: StoredArray) => Float32Array;
} {
  const file = (extension: string) =>
    readFileSync(new URL(`golden/${name}.${extension}`, FIXTURES));
  const blob = new Float32Array(Uint8Array.from(file('f32')).buffer);
  return {
    golden: JSON.parse(file('json').toString()) as Golden,
    floats: ({ offset, shape }) =>
      blob.subarray(offset, offset + shape.reduce((product, size) => product * size, 1)),
  };
}

/** The picture with this seed: RGB bytes, row-major, as lcg_image.py makes them. */
export function goldenPicture(seed: number, size: number): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length: size * size * 3 }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
}

export function largestDifference(actual: Float32Array, expected: Float32Array): number {
  if (actual.length !== expected.length) return Infinity;
  return actual.reduce(
    (most, value, index) => Math.max(most, Math.abs(value - expected[index]!)),
    0,
  );
}
