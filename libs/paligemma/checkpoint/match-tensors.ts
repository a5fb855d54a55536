import { AppError } from '#contracts';
import { EMBEDDING, expectedTensors, HEAD, ROWS } from './expected-tensors.js';
import type { ModelConfig } from './model-config.js';
import type { StoredTensor } from './safetensors-file.js';
import { normalTensorName } from './tensor-name.js';

/** Normal name -> where it lies. Complete: `getTensor` of any expected name succeeds. */
export type TensorMap = ReadonlyMap<string, StoredTensor>;

/**
 * Gives every stored tensor its normal name and holds them against what the configuration asks for.
 * Errors, each naming the tensor: `checkpoint.unknown_tensor`, `checkpoint.missing_tensor`,
 * `checkpoint.wrong_shape`, `checkpoint.repeated_tensor`.
 */
export function matchTensors(config: ModelConfig, stored: readonly StoredTensor[]): TensorMap {
  const tensors = withNormalNames(stored);
  const expected = expectedTensors(config);
  const rows = tensors.get(EMBEDDING)?.shape[0] ?? 0;
  for (const [name, tensor] of tensors) {
    const shape = expected.get(name === HEAD ? EMBEDDING : name);
    if (!shape) throw unknown(tensor);
    const sizes = shape.map((size) => (size === ROWS ? rows : size));
    if (sizes.join() !== tensor.shape.join()) throw wrongShape(tensor, sizes);
  }
  for (const name of expected.keys()) if (!tensors.has(name)) throw missing(name);
  return tensors;
}

export function getTensor(tensors: TensorMap, name: string): StoredTensor {
  const tensor = tensors.get(name);
  if (!tensor) throw missing(name);
  return tensor;
}

function withNormalNames(stored: readonly StoredTensor[]): Map<string, StoredTensor> {
  const tensors = new Map<string, StoredTensor>();
  for (const tensor of stored) {
    const name = normalTensorName(tensor.name);
    if (name === undefined) continue;
    const earlier = tensors.get(name);
    if (earlier) {
      throw new AppError(
        'checkpoint.repeated_tensor',
        `${tensor.name} and ${earlier.name} are the same weight. Keep the files of one checkpoint only.`,
        { context: { tensors: [earlier.name, tensor.name] } },
      );
    }
    tensors.set(name, tensor);
  }
  return tensors;
}

function unknown(tensor: StoredTensor): AppError {
  return new AppError(
    'checkpoint.unknown_tensor',
    `${tensor.name} in ${tensor.path} is no part of this model. Is config.json of the same checkpoint? Adapters must be merged first.`,
    { context: { tensor: tensor.name, path: tensor.path } },
  );
}

function missing(name: string): AppError {
  return new AppError(
    'checkpoint.missing_tensor',
    `The checkpoint has no ${name}. Download every .safetensors file of it.`,
    { context: { tensor: name } },
  );
}

function wrongShape(tensor: StoredTensor, expected: readonly number[]): AppError {
  return new AppError(
    'checkpoint.wrong_shape',
    `${tensor.name} is [${tensor.shape}], but config.json asks for [${expected}]. Is config.json of the same checkpoint?`,
    { context: { tensor: tensor.name, shape: tensor.shape, expected } },
  );
}
