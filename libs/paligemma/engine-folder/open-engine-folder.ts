import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '#contracts';
import type { Checkpoint } from '../checkpoint/checkpoint.js';
import { EMBEDDING, HEAD } from '../checkpoint/expected-tensors.js';
import type { TensorMap } from '../checkpoint/match-tensors.js';
import { readConfig } from '../checkpoint/read-config.js';
import { readSafetensors, type StoredTensor } from '../checkpoint/safetensors-file.js';
import { WEIGHTS, type EngineManifest } from './manifest.js';
import { storedForms, type StoredForm } from './stored-forms.js';

/**
 * Opens a folder that import made.
 * Errors: those of `readConfig` and `readSafetensors`; `engine_folder.unreadable` naming the tensor that is missing,
 * unknown, or not of the form that the precision asks for.
 */
export async function openEngineFolder(
  directory: string,
  manifest: EngineManifest,
): Promise<Checkpoint> {
  const config = await readConfig(directory);
  const stored = await readSafetensors(join(directory, WEIGHTS), { integers: true });
  const tensors: TensorMap = new Map(stored.map((tensor) => [tensor.name, tensor]));
  const { precision, parameters, vocabularySize } = manifest;
  const embeddingRows = tensors.get(EMBEDDING)?.shape[0] ?? 0;
  const forms = storedForms(config, precision, {
    embeddingRows,
    vocabularySize,
    hasOwnHead: tensors.has(HEAD),
  });
  for (const form of forms) mustHaveForm(directory, form, tensors.get(form.name));
  if (tensors.size > forms.length) {
    const known = new Set(forms.map(({ name }) => name));
    throw damaged(directory, stored.find(({ name }) => !known.has(name))!.name, 'is no part of it');
  }
  return {
    precision,
    config,
    tensors,
    embeddingRows,
    parameters,
    weightFolder: await realpath(directory),
  };
}

function mustHaveForm(
  directory: string,
  { name, types, shape }: StoredForm,
  tensor: StoredTensor | undefined,
): void {
  if (!tensor) throw damaged(directory, name, 'is missing');
  if (tensor.shape.join() !== shape.join()) {
    throw damaged(directory, name, `is [${tensor.shape}] and must be [${shape}]`);
  }
  if (!types.includes(tensor.type)) {
    throw damaged(directory, name, `is ${tensor.type} and must be ${types.join(' or ')}`);
  }
}

function damaged(directory: string, tensor: string, problem: string): AppError {
  return new AppError(
    'engine_folder.unreadable',
    `${join(directory, WEIGHTS)}: ${tensor} ${problem}. Import the model again.`,
    { context: { directory, tensor } },
  );
}
