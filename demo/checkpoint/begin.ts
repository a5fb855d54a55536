import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MaskEncoder, writeFirstCheckpoint } from '#paligemma';
import { vocabulary } from './vocabulary.js';

/** What it learns to write masks for; where a checkpoint of Google's has vae-oid.npz. */
export const MASK_CODEC = 'demo/checkpoint/mask-codec.npz';
export const PATCH = 14;
const SEED = 1;
/** The tower sees more than there is to say. */
const VISION = { num_attention_heads: 4, hidden_size: 192, intermediate_size: 640 };
const TEXT = { num_attention_heads: 4, hidden_size: 128, intermediate_size: 512 };

/** Writes the checkpoint that the demo's training begins with, for pictures of `side` pixels. */
export async function beginCheckpoint(out: string, side: number): Promise<void> {
  const { files, tokens, locations, segments } = vocabulary();
  const { cells } = await MaskEncoder.load(MASK_CODEC);
  const known = [locations, { ...segments, vectors: cells }];
  await mkdir(out, { recursive: true });
  await writeFirstCheckpoint(out, configOf(side, tokens), tokens, SEED, known);
  await copyFile(MASK_CODEC, join(out, 'vae-oid.npz'));
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(out, name), JSON.stringify(content));
  }
}

/** PaliGemma's structure, as small as the demo's language. */
function configOf(side: number, tokens: number) {
  return {
    model_type: 'paligemma',
    architectures: ['PaliGemmaForConditionalGeneration'],
    torch_dtype: 'float32',
    image_token_index: tokens - 1,
    bos_token_id: 2,
    eos_token_id: 1,
    pad_token_id: 0,
    hidden_size: TEXT.hidden_size,
    projection_dim: TEXT.hidden_size,
    text_config: {
      model_type: 'gemma',
      ...TEXT,
      num_hidden_layers: 5,
      // One for all heads would pass 32 numbers on from each layer: too few for a box and a name.
      num_key_value_heads: 4,
      head_dim: 32,
      vocab_size: tokens,
      rms_norm_eps: 1e-6,
      num_image_tokens: (side / PATCH) ** 2,
    },
    vision_config: {
      model_type: 'siglip_vision_model',
      ...VISION,
      num_hidden_layers: 5,
      image_size: side,
      patch_size: PATCH,
      projection_dim: TEXT.hidden_size,
    },
  };
}
