import { join } from 'node:path';
import { textLines } from '../data/text-lines.js';
import type { TrainingExample } from '../data/training-example.js';
import { evaluateAnswers } from './evaluate.js';
import { textSide } from './label-side.js';
import type { Lesson } from './lesson.js';
import { findMergeRefusal } from './merged-weights.js';
import { writeCheckpoint } from './write-result.js';

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
  /**
   * For the answers the model is written to `OUTPUT/evaluated` in float32, the pairs of a LoRA run merged into their
   * base: 4 bytes a parameter on disk, and the time to write and to load them, at each evaluation. A LoRA run whose
   * base is over 2 GiB so has no scores but its loss: there it would cost more than the training between two
   * evaluations, and a disk that nobody has planned for.
   */
  score: async ({ base, graph, weights, data, output }) => {
    const { tuning } = graph.recipe;
    const note = findMergeRefusal(base.checkpoint.tensors, tuning);
    if (note !== undefined) return { metrics: {}, note };
    const folder = join(output, 'evaluated');
    await writeCheckpoint(folder, base, weights, tuning);
    return { metrics: await evaluateAnswers(folder, data, ANSWER_EXAMPLES, data.mostLabels[0]!) };
  },
};
