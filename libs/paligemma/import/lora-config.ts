import { AppError } from '#contracts';
import { isObject, type JsonObject } from '../checkpoint/json-file.js';

/** Ways to begin that leave the base as it is. Others (PiSSA, OLoRA, CorDA, LoftQ, LoRA-GA) train against a changed base. */
const PLAIN_BEGINNINGS = new Set<unknown>([
  undefined,
  null,
  true,
  false,
  'gaussian',
  'eva',
  'orthogonal',
  'mica',
]);
/** What makes more of a layer than base + scale x up x down, or does so for a part of the tokens. */
const VARIANTS = [
  'use_dora',
  'fan_in_fan_out',
  'use_qalora',
  'lora_bias',
  'megatron_config',
  'alora_invocation_tokens',
  'layer_replication',
  'arrow_config',
  'kasa_config',
  'monteclora_config',
  'use_bdlora',
];
/** PEFT's, for configurations that leave it out. */
const DEFAULT_RANK = 8;

/** Errors: `adapter.unsupported` when a layer is more than base + scale x up x down, or the base is not the published one. */
export function mustBePlainLora(config: JsonObject): void {
  if (config['peft_type'] !== 'LORA')
    throw unsupported(`its method is ${String(config['peft_type'])}`);
  for (const field of VARIANTS) {
    if (config[field]) throw unsupported(`adapter_config.json sets ${field}`);
  }
  const beginning = config['init_lora_weights'];
  if (!PLAIN_BEGINNINGS.has(beginning)) {
    throw unsupported(`it was trained with init_lora_weights = ${JSON.stringify(beginning)}`);
  }
}

/**
 * Rank of one layer, and the factor of its product: alpha / rank, or alpha / sqrt(rank) when rank-stabilised.
 * `layer`: its name as PEFT writes it, which patterns of the configuration match.
 * Errors: `adapter.unsupported`.
 */
export function loraScale(config: JsonObject, layer: string): { rank: number; scale: number } {
  const rank = number('r', byPattern(config['rank_pattern'], layer) ?? config['r'] ?? DEFAULT_RANK);
  if (!Number.isInteger(rank) || rank < 1) throw unsupported(`its rank is ${rank}`);
  const alpha = number(
    'lora_alpha',
    byPattern(config['alpha_pattern'], layer) ?? config['lora_alpha'],
  );
  return { rank, scale: alpha / (config['use_rslora'] ? Math.sqrt(rank) : rank) };
}

/** As PEFT's `get_pattern_key`: the pattern must match the end of the layer's name, from a dot on. */
function byPattern(patterns: unknown, layer: string): unknown {
  if (!isObject(patterns)) return undefined;
  const found = Object.keys(patterns).find((pattern) => layerPattern(pattern).test(layer));
  return found === undefined ? undefined : patterns[found];
}

function layerPattern(pattern: string): RegExp {
  try {
    return new RegExp(`^(.*\\.)?(${pattern})$`);
  } catch {
    throw unsupported(
      `adapter_config.json has a pattern that is no regular expression: ${pattern}`,
    );
  }
}

function number(field: string, value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw unsupported(`adapter_config.json has no number at ${field}`);
}

export function unsupported(problem: string): AppError {
  return new AppError(
    'adapter.unsupported',
    `The adapter cannot be merged: ${problem}. Use a plain LoRA adapter of this model, or merge it with PEFT (merge_and_unload) and import the result.`,
    { context: { problem } },
  );
}
