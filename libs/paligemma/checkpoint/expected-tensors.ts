import type { ModelConfig, TextConfig, VisionConfig } from './model-config.js';

/** Normal name -> shape. `ROWS` stands for the number of embedding rows, which only the file knows. */
export type ExpectedTensors = ReadonlyMap<string, readonly (number | typeof ROWS)[]>;

export const ROWS = 'rows';
export const EMBEDDING = 'text.embed_tokens.weight';
/** Tied to the embedding in every published file, and in a few stored a second time. */
export const HEAD = 'head.weight';

type Entry = [string, (number | typeof ROWS)[]];

/** Every tensor that a checkpoint of this configuration has. */
export function expectedTensors({ vision, text }: ModelConfig): ExpectedTensors {
  return new Map([
    ...visionTensors(vision),
    ...linear('projector', text.hiddenSize, vision.hiddenSize),
    [EMBEDDING, [ROWS, text.hiddenSize]],
    ...indices(text.layers).flatMap((layer) => textLayer(`text.layers.${layer}`, text)),
    ['text.norm.weight', [text.hiddenSize]],
  ]);
}

function visionTensors(vision: VisionConfig): Entry[] {
  const { hiddenSize, patchSize, imageSize } = vision;
  const embeddings = 'vision.embeddings';
  return [
    [`${embeddings}.patch_embedding.weight`, [hiddenSize, 3, patchSize, patchSize]],
    [`${embeddings}.patch_embedding.bias`, [hiddenSize]],
    [`${embeddings}.position_embedding.weight`, [(imageSize / patchSize) ** 2, hiddenSize]],
    ...indices(vision.layers).flatMap((layer) =>
      visionLayer(`vision.encoder.layers.${layer}`, vision),
    ),
    ...layerNorm('vision.post_layernorm', hiddenSize),
  ];
}

function visionLayer(layer: string, { hiddenSize, intermediateSize }: VisionConfig): Entry[] {
  return [
    ...layerNorm(`${layer}.layer_norm1`, hiddenSize),
    ...['q_proj', 'k_proj', 'v_proj', 'out_proj'].flatMap((name) =>
      linear(`${layer}.self_attn.${name}`, hiddenSize, hiddenSize),
    ),
    ...layerNorm(`${layer}.layer_norm2`, hiddenSize),
    ...linear(`${layer}.mlp.fc1`, intermediateSize, hiddenSize),
    ...linear(`${layer}.mlp.fc2`, hiddenSize, intermediateSize),
  ];
}

/**
 * One name, two meanings: Gemma's `post_attention_layernorm` normalises the MLP's input; in Gemma 2 that is
 * `pre_feedforward_layernorm`, and `post_attention_layernorm` normalises what attention returns.
 */
function textNorms(text: TextConfig): string[] {
  const names = ['input_layernorm', 'post_attention_layernorm'];
  return text.hasPostNorms
    ? [...names, 'pre_feedforward_layernorm', 'post_feedforward_layernorm']
    : names;
}

function textLayer(layer: string, text: TextConfig): Entry[] {
  const { hiddenSize, intermediateSize, headSize } = text;
  const queries = text.heads * headSize;
  const keys = text.keyValueHeads * headSize;
  return [
    ...textNorms(text).map((name): Entry => [`${layer}.${name}.weight`, [hiddenSize]]),
    [`${layer}.self_attn.q_proj.weight`, [queries, hiddenSize]],
    [`${layer}.self_attn.k_proj.weight`, [keys, hiddenSize]],
    [`${layer}.self_attn.v_proj.weight`, [keys, hiddenSize]],
    [`${layer}.self_attn.o_proj.weight`, [hiddenSize, queries]],
    [`${layer}.mlp.gate_proj.weight`, [intermediateSize, hiddenSize]],
    [`${layer}.mlp.up_proj.weight`, [intermediateSize, hiddenSize]],
    [`${layer}.mlp.down_proj.weight`, [hiddenSize, intermediateSize]],
  ];
}

const layerNorm = (name: string, size: number): Entry[] => [
  [`${name}.weight`, [size]],
  [`${name}.bias`, [size]],
];

/** torch stores [outputs, inputs]. */
const linear = (name: string, outputs: number, inputs: number): Entry[] => [
  [`${name}.weight`, [outputs, inputs]],
  [`${name}.bias`, [outputs]],
];

function indices(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
