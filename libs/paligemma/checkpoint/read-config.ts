import { AppError } from '#contracts';
import { getJson, isObject, type JsonObject } from './json-file.js';
import type { ModelConfig, TextConfig, VisionConfig } from './model-config.js';
import { textDefaults } from './published-text-config.js';

/** SigLIP So400m/14, the vision tower of every published PaliGemma. */
const SIGLIP: Readonly<Record<string, number>> = {
  hidden_size: 1152,
  num_hidden_layers: 27,
  intermediate_size: 4304,
  num_attention_heads: 16,
  image_size: 224,
  patch_size: 14,
  layer_norm_eps: 1e-6,
};

/**
 * Limits far above every published model (46 layers, 36,864 numbers), so that a damaged or hostile file is refused
 * before anything is as long as it says.
 */
const LARGEST_SIZE = 1 << 20;
const MOST_LAYERS = 1000;
/** Fields that count nothing. */
const REAL_NUMBERS = new Set([
  'layer_norm_eps',
  'rms_norm_eps',
  'rope_theta',
  'query_pre_attn_scalar',
  'attn_logit_softcapping',
  'final_logit_softcapping',
]);

/** Every published file means the tanh form, whichever of these it says; "gelu" is the oldest spelling. */
const TANH_GELU = new Set<unknown>([undefined, null, 'gelu', 'gelu_pytorch_tanh', 'gelu_fast']);

/**
 * Reads config.json, complete or partial, old spelling or new.
 * Errors: `checkpoint.incomplete`, `checkpoint.unreadable`, `checkpoint.unsupported` (not a PaliGemma, or one
 * with parts that the engine does not have), `checkpoint.bad_config` (a number missing or out of range).
 */
export async function readConfig(directory: string): Promise<ModelConfig> {
  return parseConfig(await getJson(directory, 'config.json'));
}

export function parseConfig(config: JsonObject): ModelConfig {
  if (config['model_type'] !== 'paligemma') {
    throw unsupported('model_type', config['model_type']);
  }
  const textFields = section(config, 'text_config');
  const modelType = textFields['model_type'] ?? 'gemma';
  if (modelType !== 'gemma' && modelType !== 'gemma2') {
    throw unsupported('text_config.model_type', modelType);
  }
  const vision = readVision(section(config, 'vision_config'));
  const hiddenSize = textFields['hidden_size'] ?? config['hidden_size'] ?? config['projection_dim'];
  const imageTokenId = config['image_token_index'] ?? config['image_token_id'];
  return {
    family: modelType === 'gemma' ? 'paligemma' : 'paligemma2',
    vision,
    text: readText(modelType, { ...textFields, hidden_size: hiddenSize }),
    imageTokens: (vision.imageSize / vision.patchSize) ** 2,
    imageTokenId: typeof imageTokenId === 'number' ? imageTokenId : undefined,
  };
}

function readVision(fields: JsonObject): VisionConfig {
  requireTanhGelu('vision_config', fields['hidden_act']);
  const number = reader('vision_config', fields, SIGLIP);
  const vision = {
    hiddenSize: number('hidden_size'),
    layers: number('num_hidden_layers'),
    intermediateSize: number('intermediate_size'),
    heads: number('num_attention_heads'),
    imageSize: number('image_size'),
    patchSize: number('patch_size'),
    layerNormEpsilon: number('layer_norm_eps'),
  };
  if (vision.imageSize % vision.patchSize !== 0 || vision.hiddenSize % vision.heads !== 0) {
    throw badConfig('vision_config', 'sizes that do not divide', vision);
  }
  return vision;
}

function readText(modelType: 'gemma' | 'gemma2', fields: JsonObject): TextConfig {
  requireTanhGelu('text_config', fields['hidden_activation']);
  requireTanhGelu('text_config', fields['hidden_act']);
  const known = withRope(fields);
  const number = reader(
    'text_config',
    known,
    textDefaults(modelType, Number(fields['hidden_size'])),
  );
  const softcap = (name: string): number | undefined =>
    modelType === 'gemma' || known[name] === null || known[name] === 0 ? undefined : number(name);
  const headSize = number('head_dim');
  const scaled = modelType === 'gemma' ? headSize : number('query_pre_attn_scalar');
  const text = {
    hiddenSize: number('hidden_size'),
    layers: number('num_hidden_layers'),
    intermediateSize: number('intermediate_size'),
    heads: number('num_attention_heads'),
    keyValueHeads: number('num_key_value_heads'),
    headSize,
    hasPostNorms: modelType === 'gemma2',
    rmsNormEpsilon: number('rms_norm_eps'),
    ropeTheta: number('rope_theta'),
    attentionScale: scaled ** -0.5,
    attentionSoftcap: softcap('attn_logit_softcapping'),
    finalSoftcap: softcap('final_logit_softcapping'),
  };
  if (text.heads % text.keyValueHeads !== 0 || text.headSize % 2 !== 0) {
    throw badConfig('text_config', 'sizes that do not divide', text);
  }
  return text;
}

/** transformers 5 moved `rope_theta` into `rope_parameters`. */
function withRope(fields: JsonObject): JsonObject {
  const rope = fields['rope_parameters'] ?? fields['rope_scaling'];
  if (!isObject(rope)) return fields;
  const type = rope['rope_type'] ?? rope['type'] ?? 'default';
  if (type !== 'default') throw unsupported('text_config.rope_parameters.rope_type', type);
  return { ...fields, rope_theta: rope['rope_theta'] ?? fields['rope_theta'] };
}

function section(config: JsonObject, name: string): JsonObject {
  const found = config[name] ?? {};
  if (!isObject(found)) throw badConfig(name, 'no object', found);
  return found;
}

function reader(place: string, fields: JsonObject, defaults: Readonly<Record<string, number>>) {
  return (name: string): number => {
    const value = fields[name] ?? defaults[name];
    if (typeof value !== 'number' || !(value > 0) || !Number.isFinite(value))
      throw badConfig(`${place}.${name}`, 'no positive number', value);
    const most = name === 'num_hidden_layers' ? MOST_LAYERS : LARGEST_SIZE;
    if (!REAL_NUMBERS.has(name) && !(Number.isInteger(value) && value <= most))
      throw badConfig(`${place}.${name}`, `no whole number up to ${most}`, value);
    return value;
  };
}

function requireTanhGelu(place: string, activation: unknown): void {
  if (!TANH_GELU.has(activation)) throw unsupported(`${place}.hidden_act`, activation);
}

function unsupported(field: string, value: unknown): AppError {
  return new AppError(
    'checkpoint.unsupported',
    `config.json says ${field} = ${JSON.stringify(value)}, which this engine does not run. Use a PaliGemma or PaliGemma 2 checkpoint in Hugging Face format.`,
    { context: { field, value } },
  );
}

function badConfig(field: string, problem: string, value: unknown): AppError {
  return new AppError(
    'checkpoint.bad_config',
    `config.json has ${problem} at ${field}. Compare it with the published file.`,
    { context: { field, value } },
  );
}
