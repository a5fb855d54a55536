import { Tensor } from 'onnxruntime-node';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openCheckpoint } from '../../../libs/paligemma/checkpoint/checkpoint.js';
import { writeRandomCheckpoint } from '../../../libs/paligemma/random-checkpoint-fixture.js';
import { learnedTensors } from '../../../libs/paligemma/training/graph/learned-tensors.js';

import { recipeOf } from '../../../libs/paligemma/training/recipe-fixture.js';
import { firstWeights } from '../../../libs/paligemma/training/run/first-weights.js';
import { batchFeeds } from '../../../libs/paligemma/training/step/batch-feeds.js';
import { firstState } from '../../../libs/paligemma/training/step/learner-state.js';
import { Learner } from '../../../libs/paligemma/training/step/learner.js';

const SIDE = 140;
const PATCH = 14;
const ROWS = 1700;
export const SIZES = { batch: 16, textTokens: 32, labels: 12 };

const LAYERS = {
  hidden_size: 192,
  intermediate_size: 768,
  num_hidden_layers: 5,
  num_attention_heads: 4,
};
const CONFIG = {
  model_type: 'paligemma',
  image_token_index: ROWS - 1,
  hidden_size: LAYERS.hidden_size,
  projection_dim: LAYERS.hidden_size,
  text_config: {
    model_type: 'gemma',
    ...LAYERS,
    num_key_value_heads: 1,
    head_dim: 48,
    vocab_size: ROWS,
    rms_norm_eps: 1e-6,
    num_image_tokens: (SIDE / PATCH) ** 2,
  },
  vision_config: {
    model_type: 'siglip_vision_model',
    ...LAYERS,
    image_size: SIDE,
    patch_size: PATCH,
    projection_dim: LAYERS.hidden_size,
  },
};
const RECIPE = recipeOf({
  batchSize: SIZES.batch,
  warmup: 0,
  schedule: 'constant',
  textTokens: SIZES.textTokens,
});

/** A checkpoint in `folder` that is made once, and one update of it on the same batch again and again. */
export async function openTrainingBench(folder: string, recomputes: boolean) {
  if (!existsSync(join(folder, 'config.json'))) await writeRandomCheckpoint(folder, CONFIG, ROWS);
  const checkpoint = await openCheckpoint(folder);
  const recipe = { ...RECIPE, recomputes };
  const learned = learnedTensors(checkpoint.config, ROWS, recipe.tuning);
  const state = firstState(learned, firstWeights(checkpoint, 1), recipe.optimiser);
  const sizes = { ...SIZES, labels: SIZES.batch * SIZES.labels };
  const graph = { ...sizes, learned, soft: [], recipe, hasTower: true };
  const learner = await Learner.open(checkpoint, state, { graph, recipe });
  const { imageTokens } = checkpoint.config;
  const totals = { examples: SIZES.batch, labels: SIZES.batch * SIZES.labels };
  const texts = Array.from({ length: SIZES.batch }, (_, index) => example(index));
  const rows = SIZES.batch * imageTokens;
  const numbers = Float32Array.from({ length: rows * 3 * PATCH ** 2 }, () => 2 * Math.random() - 1);
  const feeds = {
    ...batchFeeds(
      texts.map((text) => [text]),
      imageTokens,
      sizes,
      { lossMean: 'example', totals },
    ),
    patches: new Tensor('float32', numbers, [rows, 3 * PATCH ** 2]),
  };
  return {
    parameters: checkpoint.parameters,
    step: () => learner.update([feeds], recipe.learningRate),
    close: () => learner.release(),
  };
}

/** No padding: all of it is work, as in the peer. */
function example(index: number) {
  const length = SIZES.textTokens + 1;
  const first = length - SIZES.labels;
  const row = (value: (at: number) => number): number[] =>
    Array.from({ length }, (_, at) => value(at));
  const isLabel = (at: number): number => Number(at >= first);
  return {
    tokens: row((at) => 5 + ((at * 7 + index * 13) % 1000)),
    maskAr: row(isLabel),
    maskLoss: row(isLabel),
    maskInput: row(() => 1),
  };
}
