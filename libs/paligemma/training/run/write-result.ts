import { copyFile, mkdir, readFile, rm, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Tensor } from 'onnxruntime-node';
import type { Checkpoint } from '../../checkpoint/checkpoint.js';
import { publishedTensorName } from '../../checkpoint/published-name.js';
import { SafetensorsWriter } from '../../import/safetensors-writer.js';
import type { LoraTuning, Tuning } from '../recipe.js';
import { mergedWeights } from './merged-weights.js';

/** Small files beside the weights, of which a checkpoint may lack some. */
const BESIDE = [
  'config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'preprocessor_config.json',
  'generation_config.json',
  'vae-oid.npz',
];

type Weights = ReadonlyMap<string, Tensor>;

/**
 * A Hugging Face checkpoint in float32 with the learned weights, LoRA pairs merged, and the base's for all that was
 * frozen. A tied head stays tied. The folder is replaced whole.
 */
export async function writeCheckpoint(
  folder: string,
  base: { readonly directory: string; readonly checkpoint: Checkpoint },
  weights: Weights,
  tuning: Tuning,
): Promise<void> {
  await replaced(folder, async (partial) => {
    const { tensors } = base.checkpoint;
    const numbersOf = mergedWeights(tensors, weights, tuning);
    const writer = await SafetensorsWriter.create(
      join(partial, 'model.safetensors'),
      [...tensors].map(([name, { shape }]) => ({
        name: publishedTensorName(name),
        type: 'float32',
        shape,
      })),
    );
    for (const name of tensors.keys()) {
      await writer.write(publishedTensorName(name), bytesOf(numbersOf(name)));
    }
    await writer.finish();
    await copyBeside(base.directory, partial);
    await sayFloat32(join(partial, 'config.json'));
  });
}

/** An adapter in PEFT's format: adapter_config.json and adapter_model.safetensors, with module names of transformers. */
export async function writeAdapter(
  folder: string,
  base: { readonly directory: string },
  weights: Weights,
  { rank, alpha, dropout, targets }: LoraTuning,
): Promise<void> {
  await replaced(folder, async (partial) => {
    const named = [...weights].map(([name, tensor]) => ({
      name: `base_model.model.${name.replace(/^text\./, 'model.language_model.')}`,
      tensor,
    }));
    const writer = await SafetensorsWriter.create(
      join(partial, 'adapter_model.safetensors'),
      named.map(({ name, tensor }) => ({ name, type: 'float32', shape: tensor.dims })),
    );
    for (const { name, tensor } of named) {
      await writer.write(name, bytesOf(tensor.data as Float32Array));
    }
    await writer.finish();
    const config = {
      peft_type: 'LORA',
      task_type: 'CAUSAL_LM',
      base_model_name_or_path: base.directory,
      r: rank,
      lora_alpha: alpha,
      lora_dropout: dropout,
      // A pattern, since SigLIP's projections have the same names and are not tuned.
      target_modules: `.*language_model\\..*\\.(${targets.join('|')})`,
      bias: 'none',
      inference_mode: true,
    };
    await writeFile(join(partial, 'adapter_config.json'), JSON.stringify(config, null, 2));
  });
}

/** Tokenizer, configuration and mask decoder, as far as they are there. */
export async function copyBeside(from: string, to: string): Promise<void> {
  for (const file of BESIDE) await copyIfThere(join(from, file), join(to, file));
}

/** Writes a folder that appears whole, in the place of one that was there. */
export async function replaced(
  folder: string,
  write: (partial: string) => Promise<void>,
): Promise<void> {
  const partial = `${folder}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true });
  await write(partial);
  await rm(folder, { recursive: true, force: true });
  await rename(partial, folder);
}

async function copyIfThere(from: string, to: string): Promise<void> {
  await copyFile(from, to).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}

async function sayFloat32(path: string): Promise<void> {
  const config = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
  for (const field of ['torch_dtype', 'dtype']) if (field in config) config[field] = 'float32';
  await writeFile(path, JSON.stringify(config, null, 2));
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
