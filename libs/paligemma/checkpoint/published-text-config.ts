/** Fields of config.json's `text_config`, as Hugging Face spells them. */
export type TextFields = Readonly<Record<string, number>>;

/**
 * Published config.json files leave fields out and rely on the class defaults of their day. These are the
 * models that exist, by hidden size: facts from transformers' convert_paligemma{,2}_weights_to_hf.py and
 * big_vision's models/ppp/gemma.py. The 28B model alone has a head size and a scale of its own.
 */
const gemma: Readonly<Record<number, TextFields>> = {
  2048: {
    num_hidden_layers: 18,
    intermediate_size: 16384,
    num_attention_heads: 8,
    num_key_value_heads: 1,
    head_dim: 256,
  },
};

const gemma2: Readonly<Record<number, TextFields>> = {
  2304: {
    num_hidden_layers: 26,
    intermediate_size: 9216,
    num_attention_heads: 8,
    num_key_value_heads: 4,
    head_dim: 256,
    query_pre_attn_scalar: 256,
  },
  3584: {
    num_hidden_layers: 42,
    intermediate_size: 14336,
    num_attention_heads: 16,
    num_key_value_heads: 8,
    head_dim: 256,
    query_pre_attn_scalar: 256,
  },
  4608: {
    num_hidden_layers: 46,
    intermediate_size: 36864,
    num_attention_heads: 32,
    num_key_value_heads: 16,
    head_dim: 128,
    query_pre_attn_scalar: 144,
  },
};

const COMMON: TextFields = { rms_norm_eps: 1e-6, rope_theta: 10_000, head_dim: 256 };
const SOFTCAPS: TextFields = { attn_logit_softcapping: 50, final_logit_softcapping: 30 };

/** What to assume for fields that config.json leaves out. */
export function textDefaults(modelType: 'gemma' | 'gemma2', hiddenSize: number): TextFields {
  if (modelType === 'gemma') return { ...COMMON, ...gemma[hiddenSize] };
  return { ...COMMON, query_pre_attn_scalar: 256, ...SOFTCAPS, ...gemma2[hiddenSize] };
}
