/** For specs: the checkpoints that test/reference/make_parity_goldens.py draws, in any of the spellings that exist. */
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EMBEDDING, expectedTensors, HEAD, ROWS } from '../checkpoint/expected-tensors.js';
import type { JsonObject } from '../checkpoint/json-file.js';
import { toFloat16 } from '../checkpoint/number-format.js';
import { parseConfig } from '../checkpoint/read-config.js';

export interface DrawnCase {
  readonly seed: number;
  readonly text: JsonObject & {
    readonly model_type: 'gemma' | 'gemma2';
    readonly hidden_size: number;
  };
  readonly vision: JsonObject & { readonly image_size: number };
  readonly rows: number;
  readonly layout: 'A' | 'B' | 'C' | 'D';
  readonly dtype: 'F32' | 'F16' | 'BF16';
  readonly shards: number;
  readonly has_head: boolean;
  readonly spelling: 'full' | 'legacy' | 'parameters';
  readonly prompts: readonly {
    readonly image_seed: number;
    readonly text_ids: readonly number[];
    readonly ids: readonly number[];
  }[];
}

const IMAGE_TOKEN = 1664;
const NORM_WEIGHT = /norm\d?\.weight$/;
/** Vision, projector and text prefixes of the four layouts: see tensor-name.ts. */
const PREFIXES = {
  A: ['vision_tower.vision_model.', 'multi_modal_projector.linear.', 'language_model.model.'],
  B: [
    'model.vision_tower.vision_model.',
    'model.multi_modal_projector.linear.',
    'model.language_model.',
  ],
  C: ['model.vision_tower.', 'model.multi_modal_projector.linear.', 'model.language_model.'],
  D: ['vision_tower.', 'multi_modal_projector.linear.', 'language_model.model.'],
} as const;

export async function writeDrawnCheckpoint(directory: string, drawn: DrawnCase): Promise<void> {
  const config = configOf(drawn);
  await writeFile(join(directory, 'config.json'), JSON.stringify(config));
  const tensors = [...expectedTensors(parseConfig(config))].map(([name, expected]) => {
    const shape = expected.map((size) => (size === ROWS ? drawn.rows : size));
    return { name: storedName(name, drawn.layout), shape, values: draw(drawn, name, shape) };
  });
  if (drawn.has_head) {
    const embedding = tensors.find(({ name }) => name.endsWith('embed_tokens.weight'))!;
    const isNested = drawn.layout === 'A' || drawn.layout === 'D';
    tensors.push({
      ...embedding,
      name: isNested ? 'language_model.lm_head.weight' : 'lm_head.weight',
    });
  }
  if (drawn.shards === 1) return writeFileOf(join(directory, 'model.safetensors'), tensors, drawn);
  const map: Record<string, string> = {};
  for (let shard = 0; shard < drawn.shards; shard++) {
    const name = `model-0000${shard + 1}-of-0000${drawn.shards}.safetensors`;
    const part = tensors.filter((_, index) => index % drawn.shards === shard);
    for (const tensor of part) map[tensor.name] = name;
    await writeFileOf(join(directory, name), part, drawn);
  }
  await writeFile(
    join(directory, 'model.safetensors.index.json'),
    JSON.stringify({ weight_map: map }),
  );
}

interface DrawnTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

async function writeFileOf(
  path: string,
  tensors: readonly DrawnTensor[],
  { dtype }: DrawnCase,
): Promise<void> {
  const header: Record<string, unknown> = {};
  const parts: Uint8Array[] = [];
  let offset = 0;
  for (const { name, shape, values } of tensors) {
    const bytes = encoded(values, dtype);
    header[name] = { dtype, shape, data_offsets: [offset, offset + bytes.length] };
    offset += bytes.length;
    parts.push(bytes);
  }
  const json = Buffer.from(JSON.stringify(header));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(json.length));
  const file = await open(path, 'w');
  await file.writeFile(Buffer.concat([prefix, json, ...parts]));
  await file.close();
}

/** Every drawn number has 8 significant bits at most: nothing is rounded. */
function encoded(values: Float32Array, dtype: DrawnCase['dtype']): Uint8Array {
  if (dtype === 'F32') return new Uint8Array(values.buffer);
  if (dtype === 'F16') return new Uint8Array(toFloat16(values).buffer);
  const bits = new Uint32Array(values.buffer);
  return new Uint8Array(Uint16Array.from(bits, (value) => value >>> 16).buffer);
}

function storedName(name: string, layout: DrawnCase['layout']): string {
  const [vision, projector, text] = PREFIXES[layout];
  return name
    .replace(/^vision\./, vision)
    .replace(/^projector\./, projector)
    .replace(/^text\./, text);
}

/** config.json in the spelling of the drawn age. */
function configOf({ text, vision, rows, spelling }: DrawnCase): JsonObject {
  const { rope_theta: theta, ...others } = text;
  const spelled = {
    full: { ...text, hidden_activation: 'gelu_pytorch_tanh' },
    legacy: { ...text, hidden_act: 'gelu' },
    parameters: { ...others, rope_parameters: { rope_type: 'default', rope_theta: theta } },
  };
  const imageToken = spelling === 'parameters' ? 'image_token_id' : 'image_token_index';
  return {
    model_type: 'paligemma',
    [imageToken]: IMAGE_TOKEN,
    projection_dim: text.hidden_size,
    text_config: { ...spelled[spelling], vocab_size: rows },
    vision_config: vision,
  };
}

function draw(drawn: DrawnCase, name: string, shape: readonly number[]): Float32Array {
  const hasPostNorms = drawn.text.model_type === 'gemma2';
  let state = tensorSeed(drawn.seed, name);
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 24) - 128;
  };
  const values = new Float32Array(shape.reduce((product, size) => product * size, 1));
  if (NORM_WEIGHT.test(name)) {
    const mean = normMean(name, hasPostNorms);
    return values.map(() => mean + (next() >> 4) / 32);
  }
  const step = 2 ** exponentOf(name, shape);
  return values.map(() => next() * step);
}

/** FNV-1a. */
function tensorSeed(seed: number, name: string): number {
  let value = (2166136261 ^ seed) >>> 0;
  for (const byte of Buffer.from(name)) value = Math.imul(value ^ byte, 16777619) >>> 0;
  return value;
}

function normMean(name: string, hasPostNorms: boolean): number {
  if (name.startsWith('vision')) return 1;
  if (name === 'text.norm.weight') return hasPostNorms ? 1 : 0;
  return name.includes('post_feedforward') ? 4 : 0;
}

function exponentOf(name: string, shape: readonly number[]): number {
  if (shape.length === 1) return -10;
  if (name === EMBEDDING || name === HEAD) return -9;
  if (name.includes('position_embedding')) return -7;
  const inputs = shape.slice(1).reduce((product, size) => product * size, 1);
  const gain = name.includes('down_proj') ? 4 : /[qkvo]_proj/.test(name) ? 2 : 1;
  return Math.floor(Math.log2(gain / (74 * Math.sqrt(inputs))) + 0.5);
}
