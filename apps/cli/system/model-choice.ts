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

/** `directory` is a checkpoint as Hugging Face lays it out. Errors: `cli.usage`. */
export function chooseModel(directory: string | undefined, name?: string): ModelChoice {
  const tiny = join(findPackageRoot(), TINY);
  const chosen = directory === undefined ? tiny : resolve(directory);
  if (!existsSync(join(chosen, 'config.json'))) {
    throw usageError(
      `${chosen} is no checkpoint: it has no config.json. Name the folder that a PaliGemma checkpoint was downloaded to.`,
    );
  }
  return {
    directory: chosen,
    name: name ?? nameFrom(chosen),
    ...(chosen === tiny ? { note: TINY_NOTE } : {}),
  };
}

/** Model names take fewer characters than folders do. */
function nameFrom(directory: string): string {
  const name = basename(directory)
    .replaceAll(/[^A-Za-z0-9._@-]/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '');
  return name.slice(0, 128) || 'default';
}
