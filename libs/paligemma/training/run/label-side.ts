import type { Tensor } from 'onnxruntime-node';
import type { Tokenizer } from '../../tokenizer/tokenizer.js';
import { tokeniseExample } from '../data/tokenise-example.js';
import type { PointExample, TrainingExample } from '../data/training-example.js';
import type { TrainingSizes } from '../graph/training-graph.js';
import type { Recipe } from '../recipe.js';
import { batchFeeds, countLabels } from '../step/batch-feeds.js';
import { pointFeeds, type PointSizes } from '../step/point-feeds.js';
import type { SoftKind } from '../step/soft-kinds.js';

type Feeds = Readonly<Record<string, Tensor>>;

/**
 * What is learned about the pictures of a batch. Takes the batches of one update together, since their labels make one
 * mean: of each batch, of each picture, its lines.
 */
export type LabelSide<Line> = (
  batches: readonly (readonly (readonly Line[])[])[],
) => readonly Feeds[];

export interface TextSideOptions {
  readonly tokenizer: Tokenizer;
  readonly imageTokens: number;
  readonly sizes: TrainingSizes;
  readonly recipe: Pick<Recipe, 'lossMean' | 'pack'>;
  readonly soft: readonly SoftKind[];
}

/** Questions and their answers. */
export function textSide(options: TextSideOptions): LabelSide<TrainingExample> {
  const { tokenizer, imageTokens, sizes, recipe, soft } = options;
  const { lossMean, pack } = recipe;
  return (batches) => {
    const texts = batches.map((batch) =>
      batch.map((lines) => lines.map((line) => tokeniseExample(tokenizer, line, sizes.textTokens))),
    );
    const all = texts.flat(2);
    const labels = all.reduce((sum, text) => sum + countLabels(text), 0);
    const totals = { examples: all.length, labels };
    const seesPrefix = pack === 1;
    return texts.map((batch) =>
      batchFeeds(batch, imageTokens, sizes, { lossMean, totals, soft, seesPrefix }),
    );
  };
}

/** What points of a picture show. */
export function pointSide(sizes: PointSizes): LabelSide<PointExample> {
  return (batches) =>
    batches.map((batch) => pointFeeds(batch.flat(), { ...sizes, parts: batches.length }));
}
