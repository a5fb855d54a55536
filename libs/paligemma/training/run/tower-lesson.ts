import { pointLines } from '../data/point-lines.js';
import type { PointExample } from '../data/training-example.js';
import type { Recipe } from '../recipe.js';
import { evaluatePoints } from './evaluate.js';
import { pointSide } from './label-side.js';
import type { Lesson } from './lesson.js';

/** To see: what each point of a picture shows. */
export const towerLesson: Lesson<PointExample> = {
  lines: ({ tokenizer }, recipe) => pointLines({ tokenizer, questions: questionsOf(recipe) }),
  sizes: (most, { batchSize }) => {
    const places = most.map((count) => batchSize * count);
    const labels = places.reduce((sum, count) => sum + count, 0);
    return { batch: batchSize, textTokens: 0, labels, places };
  },
  labels: ({ tokenizer, checkpoint }, { places = [], soft }) => {
    const { imageSize, patchSize } = checkpoint.config.vision;
    return pointSide({ places, side: imageSize / patchSize, tokenizer, soft });
  },
  score: async ({ base, graph, weights, batches }) => ({
    metrics: await evaluatePoints(base.checkpoint, graph, weights, batches),
  }),
};

function questionsOf({ tuning }: Recipe): number {
  if (tuning.kind !== 'tower') throw new Error('only a tower learns from points');
  return tuning.questions;
}
