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

/** What `npm run train:demo` trains. */
const DEMO = 'demo/model';
const DEMO_NOTE =
  'small demo checkpoint that knows drawn scenes of 28 things, and nothing of photographs';

/**
 * `model` is the name of an imported model, or the folder of one, or of a checkpoint as Hugging Face lays it out.
 * Errors: `cli.usage`.
 */
export function chooseModel(
  model: string | undefined,
  dataDirectory: string,
  name?: string,
): ModelChoice {
  const demo = join(findPackageRoot(), DEMO);
  const chosen = model === undefined ? demo : findModel(model, dataDirectory);
  if (!existsSync(join(chosen, 'config.json'))) {
    throw usageError(
      `${model} is neither an imported model (\`pallet models ls\` shows them) nor the folder of one: ${chosen} has no config.json.`,
    );
  }
  return {
    directory: chosen,
    name: name ?? (chosen === demo ? 'demo' : nameFrom(chosen)),
    ...(chosen === demo ? { note: DEMO_NOTE } : {}),
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
