import { describe, expect, it } from 'vitest';
import { expectedTensors, ROWS } from './expected-tensors.js';
import { parseConfig } from './read-config.js';

/** As google/paligemma-3b-pt-224 publishes it: no image size, no head size, no constants. */
const PUBLISHED = {
  model_type: 'paligemma',
  hidden_size: 2048,
  image_token_index: 257152,
  projection_dim: 2048,
  text_config: {
    hidden_size: 2048,
    intermediate_size: 16384,
    model_type: 'gemma',
    num_attention_heads: 8,
    num_hidden_layers: 18,
    num_image_tokens: 256,
    num_key_value_heads: 1,
    vocab_size: 257216,
  },
  vision_config: {
    hidden_size: 1152,
    intermediate_size: 4304,
    model_type: 'siglip_vision_model',
    num_attention_heads: 16,
    num_hidden_layers: 27,
    num_image_tokens: 256,
    patch_size: 14,
    projection_dim: 2048,
    vision_use_head: false,
  },
};
const GEMMA_3B = {
  hiddenSize: 2048,
  layers: 18,
  intermediateSize: 16384,
  heads: 8,
  keyValueHeads: 1,
  headSize: 256,
  hasPostNorms: false,
  rmsNormEpsilon: 1e-6,
  ropeTheta: 10_000,
  attentionScale: 1 / 16,
  attentionSoftcap: undefined,
  finalSoftcap: undefined,
};
const withText = (fields: object) => ({
  ...PUBLISHED,
  text_config: { ...PUBLISHED.text_config, ...fields },
});
const gemma2 = (fields: object) => ({
  model_type: 'paligemma',
  text_config: { model_type: 'gemma2', ...fields },
});

describe('parseConfig', () => {
  it('fills the gaps of the published PaliGemma file', () => {
    const config = parseConfig(PUBLISHED);
    expect(config.family).toBe('paligemma');
    expect(config.imageTokens).toBe(256);
    expect(config.imageTokenId).toBe(257152);
    expect(config.text).toEqual(GEMMA_3B);
    expect(config.vision).toEqual({
      hiddenSize: 1152,
      layers: 27,
      intermediateSize: 4304,
      heads: 16,
      imageSize: 224,
      patchSize: 14,
      layerNormEpsilon: 1e-6,
    });
  });

  it('reads a file that names little more than the model', () => {
    expect(parseConfig({ model_type: 'paligemma', projection_dim: 2048 }).text).toEqual(GEMMA_3B);
  });

  it('takes the image size that the file gives', () => {
    const vision = { ...PUBLISHED.vision_config, image_size: 448 };
    expect(parseConfig({ ...PUBLISHED, vision_config: vision }).imageTokens).toBe(1024);
  });

  it('knows the three sizes of PaliGemma 2', () => {
    const sizes = [2304, 3584, 4608].map(
      (hidden_size) => parseConfig(gemma2({ hidden_size })).text,
    );
    expect(sizes.map(({ layers }) => layers)).toEqual([26, 42, 46]);
    expect(sizes.map(({ headSize }) => headSize)).toEqual([256, 256, 128]);
    expect(sizes.map(({ attentionScale }) => attentionScale)).toEqual([1 / 16, 1 / 16, 1 / 12]);
    expect(sizes.every(({ hasPostNorms }) => hasPostNorms)).toBe(true);
    expect(sizes.map(({ attentionSoftcap }) => attentionSoftcap)).toEqual([50, 50, 50]);
  });

  it.each([
    ['PaliGemma 3B', PUBLISHED, 2_923_466_480],
    ['PaliGemma 2 3B', gemma2({ hidden_size: 2304 }), 3_032_242_416],
    ['PaliGemma 2 10B', gemma2({ hidden_size: 3584 }), 9_662_638_832],
    ['PaliGemma 2 28B', gemma2({ hidden_size: 4608 }), 27_650_487_024],
  ])('asks for as many numbers as %s has with 257,216 rows', (_, fields, parameters) => {
    const shapes = [...expectedTensors(parseConfig(fields)).values()];
    const counts = shapes.map((shape) =>
      shape.reduce<number>((total, size) => total * (size === ROWS ? 257_216 : size), 1),
    );
    expect(counts.reduce((sum, count) => sum + count)).toBe(parameters);
  });

  it.each([null, 0])('takes %s for "no softcap"', (final_logit_softcapping) => {
    const config = parseConfig(gemma2({ hidden_size: 2304, final_logit_softcapping }));
    expect(config.text.finalSoftcap).toBeUndefined();
    expect(config.text.attentionSoftcap).toBe(50);
  });

  it('reads the rope of transformers 5', () => {
    const rope_parameters = { rope_theta: 5000, rope_type: 'default' };
    expect(parseConfig(withText({ rope_parameters })).text.ropeTheta).toBe(5000);
  });

  it.each([
    { hidden_act: 'gelu' },
    { hidden_activation: 'gelu_pytorch_tanh', hidden_act: 'gelu' },
    { hidden_activation: null },
  ])('takes %o for the tanh form', (fields) => {
    expect(parseConfig(withText(fields)).text).toEqual(GEMMA_3B);
  });

  it.each([
    [{ model_type: 'llava' }, 'model_type = "llava"'],
    [withText({ model_type: 'gemma3' }), 'text_config.model_type = "gemma3"'],
    [withText({ hidden_activation: 'relu' }), '"relu"'],
    [withText({ rope_scaling: { type: 'linear', factor: 2 } }), '"linear"'],
  ])('refuses %o', (config, message) => {
    expect(() => parseConfig(config)).toThrow(
      expect.objectContaining({
        code: 'checkpoint.unsupported',
        message: expect.stringContaining(message),
      }),
    );
  });

  it.each([
    [withText({ num_hidden_layers: 'many' }), 'text_config.num_hidden_layers'],
    [
      withText({ hidden_size: 1234, num_hidden_layers: undefined }),
      'text_config.num_hidden_layers',
    ],
    [withText({ num_key_value_heads: 3 }), 'text_config'],
    [withText({ num_hidden_layers: 1e9 }), 'text_config.num_hidden_layers'],
    [withText({ num_hidden_layers: 1.5 }), 'text_config.num_hidden_layers'],
    [withText({ intermediate_size: 2 ** 40 }), 'text_config.intermediate_size'],
    [withText({ rope_theta: Infinity }), 'text_config.rope_theta'],
    [{ ...PUBLISHED, vision_config: { image_size: 14e9 } }, 'vision_config.image_size'],
    [{ ...PUBLISHED, vision_config: [] }, 'vision_config'],
    [{ ...PUBLISHED, vision_config: { image_size: 225 } }, 'vision_config'],
  ])('names the field that is wrong in %o', (config, field) => {
    expect(() => parseConfig(config)).toThrow(
      expect.objectContaining({
        code: 'checkpoint.bad_config',
        message: expect.stringContaining(field),
      }),
    );
  });
});
