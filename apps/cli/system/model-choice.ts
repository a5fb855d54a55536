import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { usageError } from '../exit-code.js';
import { findPackageRoot } from './package-root.js';

/** Which checkpoint the embedded worker serves, and how it is called. */
export interface ModelChoice {
  directory: string;
  name: string;
  /** What everybody who reads an answer of it should know. */
  note?: string;
}

/** Shipped for tests; the default until there is a small trained checkpoint to ship. */
const TINY = 'test/fixtures/checkpoints/tiny-paligemma';
const TINY_NOTE = 'tiny untrained test checkpoint: the pipeline is real, the answers are noise';

/**
 * `model` is the name of an imported model, or the folder of one, or of a checkpoint as Hugging Face lays it out.
 * Errors: `cli.usage`.
 */
export function chooseModel(
  model: string | undefined,
  dataDirectory: string,
  name?: string,
): ModelChoice {
  const tiny = join(findPackageRoot(), TINY);
  const chosen = model === undefined ? tiny : findModel(model, dataDirectory);
  if (!existsSync(join(chosen, 'config.json'))) {
    throw usageError(
      `${model} is neither an imported model (\`pallet models ls\` shows them) nor the folder of one: ${chosen} has no config.json.`,
    );
  }
  return {
    directory: chosen,
    name: name ?? nameFrom(chosen),
    ...(chosen === tiny ? { note: TINY_NOTE } : {}),
  };
}

function findModel(model: string, dataDirectory: string): string {
  const imported = join(dataDirectory, 'models', model);
  return /^[\w.-]+$/.test(model) && existsSync(imported) ? imported : resolve(model);
}

/** Model names take fewer characters than folders do. */
function nameFrom(directory: string): string {
  const name = basename(directory)
    .replaceAll(/[^A-Za-z0-9._@-]/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '');
  return name.slice(0, 128) || 'default';
}
