import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openCheckpoint } from '../checkpoint/checkpoint.js';
import { toFloat16 } from '../checkpoint/number-format.js';
import { publishedTensorName } from '../checkpoint/published-name.js';
import { readFloats } from '../checkpoint/tensor-reader.js';
import { SafetensorsWriter } from '../import/safetensors-writer.js';
import { resizePositions } from './resize-positions.js';
import { copyBeside, replaced } from './run/write-result.js';

export interface Rewriting {
  readonly type: 'float32' | 'float16';
  /** Pixels of a picture's side; as it was when absent. A multiple of the patches' side. */
  readonly imageSize?: number;
}

const POSITIONS = 'vision.embeddings.position_embedding.weight';

/**
 * Writes a Hugging Face checkpoint in another form: rounded to half precision, or for larger pictures, as PaliGemma's
 * own training goes on from 224 to 448 pixels. Small checkpoints only: each tensor is in memory whole. The folder is
 * replaced. Errors: `checkpoint.*`.
 */
export async function rewriteCheckpoint(
  from: string,
  to: string,
  { type, imageSize }: Rewriting,
): Promise<void> {
  const { tensors, config } = await openCheckpoint(from);
  const size = imageSize ?? config.vision.imageSize;
  const side = size / config.vision.patchSize;
  const shapeOf = (name: string, shape: readonly number[]): readonly number[] =>
    name === POSITIONS ? [side ** 2, shape[1]!] : shape;
  await replaced(to, async (partial) => {
    const writer = await SafetensorsWriter.create(
      join(partial, 'model.safetensors'),
      [...tensors].map(([name, { shape }]) => ({
        name: publishedTensorName(name),
        type,
        shape: shapeOf(name, shape),
      })),
    );
    for (const [name, stored] of tensors) {
      const values = readFloats(stored);
      const fitting = name === POSITIONS ? resizePositions(values, stored.shape[1]!, side) : values;
      await writer.write(publishedTensorName(name), bytesOf(fitting, type));
    }
    await writer.finish();
    await copyBeside(from, partial);
    await sayForm(join(partial, 'config.json'), type, size, side);
  });
}

function bytesOf(values: Float32Array, type: Rewriting['type']): Uint8Array {
  const { buffer, byteOffset, byteLength } = type === 'float16' ? toFloat16(values) : values;
  return new Uint8Array(buffer, byteOffset, byteLength);
}

async function sayForm(path: string, type: string, size: number, side: number): Promise<void> {
  const config = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
  const part = (name: string): object => config[name] as object;
  const written = {
    ...config,
    torch_dtype: type,
    text_config: { ...part('text_config'), num_image_tokens: side ** 2 },
    vision_config: { ...part('vision_config'), image_size: size },
  };
  await writeFile(path, `${JSON.stringify(written, undefined, 2)}\n`);
}
