import type { Tensor } from 'onnxruntime-node';
import type { TrainingData } from '../data/training-data.js';
import type { TrainingGraphOptions } from '../graph/training-graph.js';
import type { Batches } from './batches.js';
import { evaluateLoss } from './evaluate.js';
import type { Evaluation, Lesson } from './lesson.js';
import type { Base } from './open-base.js';

/** Of the validation set: the first ones. */
const LOSS_UNITS = 256;

export interface HeldOutParts<Line extends { readonly image: string }> {
  readonly lesson: Lesson<Line>;
  readonly data: TrainingData<Line>;
  readonly batches: Batches<Line>;
  readonly base: Base;
  readonly graph: TrainingGraphOptions;
  /** Folder of the run. */
  readonly output: string;
}

/** Lines that nothing is learned from: what a model makes of them. */
export class HeldOut<Line extends { readonly image: string }> {
  constructor(private readonly parts: HeldOutParts<Line>) {}

  /** Loss and scores with these weights. */
  async evaluate(weights: ReadonlyMap<string, Tensor>): Promise<Evaluation> {
    const { base, graph, output, data, lesson } = this.parts;
    const batches = await this.parts.batches.inOrder(LOSS_UNITS);
    const loss = await evaluateLoss(base.checkpoint, graph, weights, batches);
    return { loss, ...(await lesson.score({ base, graph, weights, data, batches, output })) };
  }
}
