import type { Tensor } from 'onnxruntime-node';
import type { LineKind } from '../data/line-kind.js';
import type { TrainingData } from '../data/training-data.js';
import type { TrainingGraphOptions, TrainingSizes } from '../graph/training-graph.js';
import type { Recipe } from '../recipe.js';
import type { TrainingEvent } from '../training-run.js';
import type { LabelSide } from './label-side.js';
import type { Base } from './open-base.js';

type Feeds = Readonly<Record<string, Tensor>>;

export type Evaluation = Omit<Extract<TrainingEvent, { kind: 'evaluation' }>, 'kind' | 'step'>;

/** Held-out data, and the weights to score on them. */
export interface Examination<Line extends { readonly image: string }> {
  readonly base: Base;
  readonly graph: TrainingGraphOptions;
  readonly weights: ReadonlyMap<string, Tensor>;
  readonly data: TrainingData<Line>;
  /** Of the first of the data. */
  readonly batches: readonly Feeds[];
  /** Folder of the run. */
  readonly output: string;
}

/** What a training is about: its lines, what they become in a batch, and how what was learned is scored. */
export interface Lesson<Line extends { readonly image: string }> {
  lines(base: Base, recipe: Recipe): LineKind<Line>;
  /** `most`: of one unit, by question. */
  sizes(most: readonly number[], recipe: Recipe): TrainingSizes;
  labels(base: Base, graph: TrainingGraphOptions, recipe: Recipe): LabelSide<Line>;
  score(examination: Examination<Line>): Promise<Omit<Evaluation, 'loss'>>;
}
