import { AppError } from '#contracts';
import type { Train } from '#paligemma';

/**
 * Input: path of a module that exports a `train` of its own, for tests; else our own.
 * Errors: `training.no_module`.
 */
export async function openTrain(module = '#paligemma'): Promise<Train> {
  const loaded: unknown =
    module === '#paligemma' ? await import('#paligemma') : await import(module);
  if (hasTrain(loaded)) return loaded.train;
  throw new AppError('training.no_module', `${module} exports no \`train\`.`);
}

const hasTrain = (module: unknown): module is { train: Train } =>
  typeof module === 'object' &&
  module !== null &&
  'train' in module &&
  typeof module.train === 'function';
