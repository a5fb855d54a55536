import { copyFile, mkdir, open, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { AppError } from '#contracts';
import { openCheckpoint, type Checkpoint, type Precision } from '../checkpoint/checkpoint.js';
import { EMBEDDING, HEAD } from '../checkpoint/expected-tensors.js';
import { getTensor } from '../checkpoint/match-tensors.js';
import { MANIFEST, MASK_DECODER, WEIGHTS, type EngineManifest } from '../engine-folder/manifest.js';
import { palletVersion } from '../engine-folder/pallet-version.js';
import { storedForms, type StoredForm } from '../engine-folder/stored-forms.js';
import { sha256 } from '../engine-folder/verify-engine-folder.js';
import { MaskDecoder } from '../output/mask/mask-decoder.js';
import { Tokenizer } from '../tokenizer/tokenizer.js';
import { vocabularySize } from '../tokenizer/vocabulary-size.js';
import { convertTensor, type Conversion } from './convert-tensor.js';
import { hasOwnHead } from './has-own-head.js';
import { readLoraAdapter, type LoraDelta } from './lora-adapter.js';
import { RowSource } from './row-source.js';
import { SafetensorsWriter } from './safetensors-writer.js';

export interface ImportOptions {
  readonly precision: Precision;
  /** Folder of a LoRA adapter in PEFT's format, merged into the weights. */
  readonly adapter?: string;
  /** big_vision's vae-oid.npz: turns segmentation tokens into masks. */
  readonly maskDecoder?: string;
  readonly source?: { readonly name: string; readonly revision?: string };
  readonly onProgress?: (progress: { readonly bytes: number; readonly total: number }) => void;
  readonly signal?: AbortSignal;
}

/** What is copied as it is. The first two must be there. */
const COPIED = ['config.json', 'tokenizer.json', 'tokenizer_config.json'];

/**
 * Makes an engine folder of a Hugging Face checkpoint. Weights stream through in blocks: memory stays under 1 GB
 * whatever the model's size. The folder appears whole, when it is done; what an interrupted import leaves is
 * `TARGET.partial`, which the next import of the same target removes.
 * Errors: `import.exists`, `import.float16_overflow`, `adapter.*`, `mask_decoder.unreadable`, those of `openCheckpoint` and `Tokenizer.load`.
 */
export async function importCheckpoint(
  sourceDirectory: string,
  targetDirectory: string,
  options: ImportOptions,
): Promise<EngineManifest> {
  const checkpoint = await openCheckpoint(sourceDirectory);
  const tokenizer = await Tokenizer.load(sourceDirectory);
  const choosable = vocabularySize(checkpoint, tokenizer);
  const adapter = options.adapter
    ? await readLoraAdapter(options.adapter, checkpoint.config)
    : new Map<string, LoraDelta>();
  if (options.maskDecoder) await (await MaskDecoder.load(options.maskDecoder)).close();
  const target = resolve(targetDirectory);
  await mustNotExist(target);
  const partial = `${target}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true });
  try {
    const forms = storedForms(checkpoint.config, options.precision, {
      embeddingRows: checkpoint.embeddingRows,
      vocabularySize: choosable,
      hasOwnHead: await hasOwnHead(checkpoint, options.signal),
    });
    await writeWeights(join(partial, WEIGHTS), plan(checkpoint, forms, adapter), options);
    const copied = await copyFiles(sourceDirectory, partial, options.maskDecoder);
    const manifest = await describe(partial, [WEIGHTS, ...copied], checkpoint, choosable, {
      ...options,
      source: options.source ?? { name: basename(resolve(sourceDirectory)) },
    });
    await writeFile(join(partial, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`, {
      flush: true,
    });
    await rename(partial, target);
    await syncFolder(dirname(target));
    return manifest;
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw error;
  }
}

/** Each form that has numbers of its own in the source; scales come with the weight that they belong to. */
function plan(
  { tensors }: Checkpoint,
  forms: readonly StoredForm[],
  adapter: ReadonlyMap<string, LoraDelta>,
): { readonly forms: readonly Conversion['to'][]; readonly conversions: readonly Conversion[] } {
  const conversions: Conversion[] = [];
  const written = forms.map(({ name, types, shape }) => {
    if (name.endsWith('.scale')) return { name, type: types[0]!, shape };
    const lora = adapter.get(name);
    const from = getTensor(tensors, name === HEAD && !tensors.has(HEAD) ? EMBEDDING : name);
    const type = types.includes(from.type) && !lora ? from.type : types[0]!;
    const to = { name, type, shape };
    conversions.push({
      from,
      to,
      // A quantised head is cut to the tokens that can be chosen, and lies on its side.
      rows: name === HEAD && type === 'int8' ? shape[1]! : (from.shape[0] ?? 1),
      lora,
    });
    return to;
  });
  return { forms: written, conversions };
}

async function writeWeights(
  path: string,
  { forms, conversions }: ReturnType<typeof plan>,
  { onProgress, signal }: ImportOptions,
): Promise<void> {
  const total = conversions.reduce(
    (sum, { from, rows }) => sum + (from.bytes * rows) / (from.shape[0] ?? 1),
    0,
  );
  let bytes = 0;
  const source = new RowSource((read) => {
    bytes += read;
    onProgress?.({ bytes, total });
  });
  const writer = await SafetensorsWriter.create(path, forms);
  try {
    for (const conversion of conversions)
      await convertTensor(conversion, source, writer, { signal });
    await writer.finish();
  } catch (error) {
    await writer.abandon();
    throw error;
  } finally {
    await source.close();
  }
}

async function copyFiles(from: string, to: string, maskDecoder?: string): Promise<string[]> {
  const copied: string[] = [];
  for (const name of COPIED) {
    const isThere = await stat(join(from, name)).then(
      () => true,
      () => false,
    );
    if (!isThere) continue;
    await copyFile(join(from, name), join(to, name));
    copied.push(name);
  }
  if (maskDecoder === undefined) return copied;
  await copyFile(maskDecoder, join(to, MASK_DECODER));
  return [...copied, MASK_DECODER];
}

async function describe(
  folder: string,
  files: readonly string[],
  { config, parameters }: Checkpoint,
  choosable: number,
  { precision, source, adapter, signal }: ImportOptions & Pick<Required<ImportOptions>, 'source'>,
): Promise<EngineManifest> {
  const described: EngineManifest['files'] = [];
  for (const name of files) {
    const path = join(folder, name);
    described.push({
      name,
      bytes: (await stat(path)).size,
      sha256: await sha256(path, { signal }),
    });
  }
  return {
    format: 1,
    source: { ...source },
    ...(adapter === undefined ? {} : { adapter: basename(resolve(adapter)) }),
    family: config.family,
    precision,
    imageSize: config.vision.imageSize,
    parameters,
    vocabularySize: choosable,
    createdAt: new Date().toISOString(),
    createdBy: await palletVersion(),
    files: described,
  };
}

async function mustNotExist(target: string): Promise<void> {
  const exists = await stat(target).then(
    () => true,
    () => false,
  );
  if (!exists) return;
  throw new AppError(
    'import.exists',
    `${target} exists already. Remove it, or choose another name.`,
    {
      context: { target },
    },
  );
}

/** The rename itself must survive a power cut. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
