import { AppError } from '#contracts';
import type { RemoteFile } from './remote-file.js';

const INDEX = 'model.safetensors.index.json';
const SINGLE = 'model.safetensors';
/** Small, and fetched first: they say what the repository is. */
const DESCRIPTIONS = new Set([
  'config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'adapter_config.json',
  INDEX,
]);

export type RepositoryKind = 'checkpoint' | 'adapter';

/** Errors: `hub.not_paligemma`. */
export function kindOf(name: string, files: readonly RemoteFile[]): RepositoryKind {
  if (has(files, 'config.json')) return 'checkpoint';
  if (has(files, 'adapter_config.json')) return 'adapter';
  throw notPaliGemma(name, 'it has no config.json');
}

export function descriptionsOf(kind: RepositoryKind, files: readonly RemoteFile[]): RemoteFile[] {
  if (kind === 'adapter') return files.filter(({ path }) => path === 'adapter_config.json');
  return files.filter(({ path }) => DESCRIPTIONS.has(path) && path !== 'adapter_config.json');
}

/**
 * The weight files, given what `descriptionsOf` says: `config` and `index` are contents of JSON files.
 * Errors: `hub.not_paligemma`.
 */
export function weightsOf(
  name: string,
  kind: RepositoryKind,
  files: readonly RemoteFile[],
  { config, index }: { readonly config: unknown; readonly index: unknown },
): RemoteFile[] {
  if (kind === 'adapter') return [get(name, files, 'adapter_model.safetensors')];
  const modelType = field(config, 'model_type');
  if (modelType !== 'paligemma') {
    throw notPaliGemma(name, `its config.json is of a model called "${String(modelType)}"`);
  }
  if (!has(files, 'tokenizer.json')) throw notPaliGemma(name, 'it has no tokenizer.json');
  if (!has(files, INDEX)) return [get(name, files, SINGLE)];
  const map = field(index, 'weight_map');
  const paths = typeof map === 'object' && map !== null ? new Set<unknown>(Object.values(map)) : [];
  return [...paths].map((path) => get(name, files, String(path)));
}

/** The repository that an adapter was trained on. Errors: `hub.not_paligemma`. */
export function baseOf(name: string, config: unknown): { name: unknown; revision: unknown } {
  const base = field(config, 'base_model_name_or_path');
  if (typeof base === 'string') return { name: base, revision: field(config, 'revision') };
  throw notPaliGemma(name, 'it is an adapter, and its adapter_config.json names no base model');
}

export function notPaliGemma(name: string, reason: string): AppError {
  return new AppError(
    'hub.not_paligemma',
    `${name} is no PaliGemma checkpoint for transformers: ${reason}. Pull one such as google/paligemma2-3b-mix-224.`,
    { context: { repository: name } },
  );
}

const has = (files: readonly RemoteFile[], wanted: string): boolean =>
  files.some(({ path }) => path === wanted);

function get(name: string, files: readonly RemoteFile[], wanted: string): RemoteFile {
  const found = files.find(({ path }) => path === wanted && /^[\w.-]+\.safetensors$/.test(path));
  if (found) return found;
  throw notPaliGemma(name, `it has no ${wanted}`);
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
