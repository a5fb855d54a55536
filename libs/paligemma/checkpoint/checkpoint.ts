import { dirname, join } from 'node:path';
import { access } from 'node:fs/promises';
import { AppError } from '#contracts';
import { EMBEDDING, HEAD } from './expected-tensors.js';
import { findJson, isObject } from './json-file.js';
import { getTensor, matchTensors, type TensorMap } from './match-tensors.js';
import type { ModelConfig } from './model-config.js';
import { readConfig } from './read-config.js';
import { readSafetensors } from './safetensors-file.js';

const INDEX = 'model.safetensors.index.json';
const SINGLE = 'model.safetensors';

/**
 * The form of the linear weights. `f32`: as published, computed in float32: the reference. `f16`: for GPUs.
 * `int8`: a scale for each output. `int4`: a scale for each 32 inputs; the head stays int8.
 */
export type Precision = 'f32' | 'f16' | 'int8' | 'int4';

/** A folder of weights, checked and described; no weight is read yet. */
export interface Checkpoint {
  readonly precision: Precision;
  readonly config: ModelConfig;
  readonly tensors: TensorMap;
  /** Rows of the embedding: the vocabulary, in some files rounded up. */
  readonly embeddingRows: number;
  /** Numbers in the model, a tied head counted once. */
  readonly parameters: number;
  /** Every weight file lies in it or below it, links resolved. */
  readonly weightFolder: string;
}

/**
 * Opens a folder with config.json and model.safetensors, or shards with their index.
 * Errors: those of `readConfig`, `readSafetensors`, `matchTensors`.
 */
export async function openCheckpoint(directory: string): Promise<Checkpoint> {
  const config = await readConfig(directory);
  const files = await weightFiles(directory);
  const stored = await Promise.all(files.map((file) => readSafetensors(join(directory, file))));
  const tensors = matchTensors(config, stored.flat());
  return {
    precision: 'f32',
    config,
    tensors,
    embeddingRows: getTensor(tensors, EMBEDDING).shape[0]!,
    parameters: countParameters(tensors),
    weightFolder: commonFolder([...tensors.values()].map(({ path }) => dirname(path))),
  };
}

async function weightFiles(directory: string): Promise<string[]> {
  const index = await findJson(directory, INDEX);
  if (!index) {
    await access(join(directory, SINGLE)).catch((cause: unknown) => {
      throw new AppError(
        'checkpoint.incomplete',
        `${directory} has neither ${SINGLE} nor ${INDEX}. Download the safetensors files of the checkpoint.`,
        { cause, context: { directory } },
      );
    });
    return [SINGLE];
  }
  const map = index['weight_map'];
  const names = isObject(map) ? [...new Set(Object.values(map))] : [];
  if (names.length === 0 || !names.every(isPlainFileName)) {
    throw new AppError(
      'checkpoint.unreadable',
      `${INDEX} has no weight_map of file names. Download it again.`,
      { context: { directory } },
    );
  }
  return names;
}

/** An index may name files of its own folder only. */
function isPlainFileName(name: unknown): name is string {
  return typeof name === 'string' && /^[^/\\]+\.safetensors$/.test(name);
}

export function countParameters(tensors: TensorMap): number {
  return [...tensors]
    .filter(([name]) => name !== HEAD)
    .reduce((sum, [, { shape }]) => sum + shape.reduce((product, size) => product * size, 1), 0);
}

function commonFolder(folders: readonly string[]): string {
  return folders.reduce((common, folder) => {
    let current = common;
    while (folder !== current && !folder.startsWith(join(current, '/'))) current = dirname(current);
    return current;
  });
}
