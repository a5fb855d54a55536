import { textLines } from '../data/text-lines.js';
import type { TrainingExample } from '../data/training-example.js';
import { evaluateAnswers } from './evaluate.js';
import { textSide } from './label-side.js';
import type { Lesson } from './lesson.js';

/** Answers to the first ones: fewer than the loss is taken of, since they are generated. */
const ANSWER_EXAMPLES = 128;

/** To answer questions. */
export const textLesson: Lesson<TrainingExample> = {
  lines: ({ tokenizer, vocabularySize }, { textTokens, pack }) =>
    textLines({ tokenizer, vocabularySize, textTokens }, pack),
  sizes: ([most = 0], { batchSize, textTokens }) => ({
    batch: batchSize,
    textTokens,
    labels: batchSize * most,
  }),
  labels: ({ tokenizer, checkpoint }, sizes, recipe) =>
    textSide({
      tokenizer,
      imageTokens: checkpoint.config.imageTokens,
      sizes,
      recipe,
      soft: sizes.soft,
    }),
  score: async ({ graph, data, write }) => {
    // An adapter would have to be merged into its base for it, which may be large.
    if (graph.recipe.tuning.kind === 'lora') return {};
    return evaluateAnswers(await write(), data, ANSWER_EXAMPLES, data.mostLabels[0]!);
  },
};
