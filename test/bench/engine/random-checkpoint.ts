/** Checkpoints with random weights: what a benchmark can have without a licence. */
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expectedTensors, ROWS } from '../../../libs/paligemma/checkpoint/expected-tensors.js';
import { parseConfig } from '../../../libs/paligemma/checkpoint/read-config.js';

/** Published as rounded up to a multiple of 64. */
const EMBEDDING_ROWS = 257_216;
const BLOCK_NUMBERS = 1 << 22;

type Config = typeof CONFIG;

export interface RandomModel {
  readonly name: string;
  readonly config: Config;
}

const CONFIG = {
  model_type: 'paligemma',
  image_token_index: 257_152,
  projection_dim: 2048,
  hidden_size: 2048,
  bos_token_id: 2,
  eos_token_id: 1,
  pad_token_id: 0,
  text_config: {
    model_type: 'gemma',
    hidden_size: 2048,
    intermediate_size: 16_384,
    num_attention_heads: 8,
    num_hidden_layers: 18,
    num_key_value_heads: 1,
    head_dim: 256,
    vocab_size: EMBEDDING_ROWS,
  },
  vision_config: {
    model_type: 'siglip_vision_model',
    hidden_size: 1152,
    intermediate_size: 4304,
    num_attention_heads: 16,
    num_hidden_layers: 27,
    image_size: 224,
    patch_size: 14,
    projection_dim: 2048,
    vision_use_head: false,
  },
};

/** The true size of PaliGemma 3B at 224. */
export const PALIGEMMA_3B: RandomModel = { name: 'engine', config: CONFIG };

/** 40 million weights, 64 image tokens: of the size that a demo ships. */
export const SMALL: RandomModel = {
  name: 'small',
  config: {
    ...CONFIG,
    projection_dim: 512,
    hidden_size: 512,
    text_config: {
      ...CONFIG.text_config,
      hidden_size: 512,
      intermediate_size: 2048,
      num_attention_heads: 4,
      num_hidden_layers: 8,
      head_dim: 128,
    },
    vision_config: {
      ...CONFIG.vision_config,
      hidden_size: 256,
      intermediate_size: 1024,
      num_attention_heads: 4,
      num_hidden_layers: 6,
      image_size: 112,
    },
  },
};

/** Writes config, tokenizer and bfloat16 weights. Every tensor differs: the runtime would share equal ones. */
export async function writeRandomCheckpoint(directory: string, config: Config): Promise<void> {
  await writeFile(join(directory, 'config.json'), JSON.stringify(config));
  await writeFile(join(directory, 'tokenizer.json'), JSON.stringify(tokenizer()));
  const tensors = [...expectedTensors(parseConfig(config))].map(([name, expected]) => ({
    name: publishedName(name),
    shape: expected.map((size) => (size === ROWS ? EMBEDDING_ROWS : size)),
  }));
  const header: Record<string, unknown> = {};
  let offset = 0;
  for (const { name, shape } of tensors) {
    const end = offset + 2 * product(shape);
    header[name] = { dtype: 'BF16', shape, data_offsets: [offset, end] };
    offset = end;
  }
  const json = Buffer.from(JSON.stringify(header));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(json.length));
  const file = await open(join(directory, 'model.safetensors'), 'w');
  try {
    await file.write(Buffer.concat([prefix, json]));
    for (const [index, { name, shape }] of tensors.entries()) {
      const isNorm = shape.length === 1 && name.endsWith('norm.weight');
      const inputs = shape.length === 1 ? 100 : product(shape.slice(1));
      for (const block of randomBlocks(
        product(shape),
        index + 1,
        isNorm ? 0.1 : Math.sqrt(3 / inputs),
      )) {
        await file.write(new Uint8Array(block.buffer, 0, block.byteLength));
      }
    }
  } finally {
    await file.close();
  }
}

/** Uniform around zero, as bfloat16: the upper half of a float32. */
function* randomBlocks(count: number, seed: number, range: number): Generator<Uint16Array> {
  const float = new Float32Array(1);
  const bits = new Uint32Array(float.buffer);
  let state = Math.imul(seed, 2_654_435_761) >>> 0;
  for (let left = count; left > 0; left -= BLOCK_NUMBERS) {
    const block = new Uint16Array(Math.min(left, BLOCK_NUMBERS));
    for (let index = 0; index < block.length; index++) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      float[0] = range * (state / 2 ** 31 - 1);
      block[index] = bits[0]! >>> 16;
    }
    yield block;
  }
}

/** Gemma's ids; the words are made up, one token each. */
function tokenizer(): unknown {
  const special = new Map([
    [0, '<pad>'],
    [1, '<eos>'],
    [2, '<bos>'],
    [3, '<unk>'],
    [4, '<mask>'],
    [257_152, '<image>'],
  ]);
  const codes: [number, string][] = [];
  for (let n = 0; n < 1024; n++) codes.push([256_000 + n, `<loc${String(n).padStart(4, '0')}>`]);
  for (let n = 0; n < 128; n++) codes.push([257_024 + n, `<seg${String(n).padStart(3, '0')}>`]);
  const added = [...special, ...codes].map(([id, content]) => ({
    id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: special.has(id),
  }));
  const vocab: Record<string, number> = {};
  for (let id = 0; id < 256_000; id++)
    vocab[special.get(id) ?? (id === 108 ? '\n' : `w${id}`)] = id;
  // Single characters, so that any text has ids.
  [...'abcdefghijklmnopqrstuvwxyz▁'].forEach((letter, n) => {
    delete vocab[`w${200 + n}`];
    vocab[letter] = 200 + n;
  });
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: added,
    normalizer: { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
    pre_tokenizer: null,
    post_processor: null,
    decoder: { type: 'Sequence', decoders: [{ type: 'Fuse' }] },
    model: {
      type: 'BPE',
      unk_token: '<unk>',
      fuse_unk: true,
      byte_fallback: false,
      vocab,
      merges: [],
    },
  };
}

function publishedName(name: string): string {
  return name
    .replace(/^vision\./, 'vision_tower.vision_model.')
    .replace(/^projector\./, 'multi_modal_projector.linear.')
    .replace(/^text\./, 'language_model.model.');
}

function product(shape: readonly number[]): number {
  return shape.reduce((total, size) => total * size, 1);
}
