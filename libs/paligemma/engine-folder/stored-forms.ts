import type { ElementType } from '#onnx';
import type { Precision } from '../checkpoint/checkpoint.js';
import { EMBEDDING, expectedTensors, HEAD, ROWS } from '../checkpoint/expected-tensors.js';
import type { ModelConfig } from '../checkpoint/model-config.js';

/** Inputs that share a scale in an int4 weight: MatMulNBits' smallest common block. */
export const INT4_BLOCK = 32;
/** Of the head: scales beside `head.weight`. */
export const HEAD_SCALE = 'head.scale';

/** A tensor of an engine folder. */
export interface StoredForm {
  /** Normal name: see tensor-name.ts. */
  readonly name: string;
  /** Number formats that it may have; the first is what import writes unless the source has another of them. */
  readonly types: readonly ElementType[];
  readonly shape: readonly number[];
}

export interface FolderSizes {
  readonly embeddingRows: number;
  /** Tokens that can be chosen: rows of the head. */
  readonly vocabularySize: number;
  /** Whether the head has other numbers than the embedding. */
  readonly hasOwnHead: boolean;
}

const FLOATS: readonly ElementType[] = ['float32', 'float16', 'bfloat16'];

/**
 * What an engine folder holds, in the order of the file.
 *
 * A linear weight [outputs, inputs] becomes
 *   f32, f16  the same
 *   int8      int8 [inputs, outputs], as the runtime multiplies, and float32 scales [outputs]
 *   int4      uint8 [outputs, ceil(inputs / 32), 16], MatMulNBits' layout, and float32 scales [outputs, ceil(inputs / 32)]
 * The embedding stays a table of rows, which are read one at a time; a quantised folder has a head of its own beside
 * it, int8 in both: it picks the token, and is read once a step. A float folder has one only where the source's differs.
 */
export function storedForms(
  config: ModelConfig,
  precision: Precision,
  sizes: FolderSizes,
): StoredForm[] {
  const { hiddenSize } = config.text;
  const forms = [...expectedTensors(config)].flatMap(([name, expected]): StoredForm[] => {
    const shape = expected.map((size) => (size === ROWS ? sizes.embeddingRows : size));
    if (name === EMBEDDING) return [{ name, types: FLOATS, shape }];
    if (!isLinear(name, shape)) {
      return [{ name, types: precision === 'f32' ? FLOATS : ['float32'], shape }];
    }
    return linearForms(name, shape as [number, number], precision);
  });
  if (precision === 'int8' || precision === 'int4') {
    return [...forms, ...linearForms(HEAD, [sizes.vocabularySize, hiddenSize], 'int8')];
  }
  if (!sizes.hasOwnHead) return forms;
  return [...forms, ...linearForms(HEAD, [sizes.embeddingRows, hiddenSize], precision)];
}

/** Whether quantising applies: tables, norms, biases and the convolution of the patches keep their numbers. */
export function isLinear(name: string, shape: readonly number[]): boolean {
  return shape.length === 2 && name.endsWith('.weight') && !name.includes('embed');
}

export function scaleName(weight: string): string {
  return weight.replace(/\.weight$/, '.scale');
}

function linearForms(
  name: string,
  [outputs, inputs]: readonly [number, number],
  precision: Precision,
): StoredForm[] {
  if (precision === 'f32') return [{ name, types: FLOATS, shape: [outputs, inputs] }];
  if (precision === 'f16') return [{ name, types: ['float16'], shape: [outputs, inputs] }];
  const scale = scaleName(name);
  if (precision === 'int8') {
    return [
      { name, types: ['int8'], shape: [inputs, outputs] },
      { name: scale, types: ['float32'], shape: [outputs] },
    ];
  }
  const blocks = Math.ceil(inputs / INT4_BLOCK);
  return [
    { name, types: ['uint8'], shape: [outputs, blocks, INT4_BLOCK / 2] },
    { name: scale, types: ['float32'], shape: [outputs, blocks] },
  ];
}
