import { join } from 'node:path';
import type { Tensor } from 'onnxruntime-node';
import type { TrainingData } from '../data/training-data.js';
import type { TrainingGraphOptions } from '../graph/training-graph.js';
import type { TrainingEvent } from '../training-run.js';
import type { Batches } from './batches.js';
import { evaluateAnswers, evaluateLoss } from './evaluate.js';
import { findMergeRefusal } from './merged-weights.js';
import type { Base } from './open-base.js';
import { writeCheckpoint } from './write-result.js';

/** Of the validation set: loss over the first ones, answers to fewer, since those are generated. */
const LOSS_EXAMPLES = 256;
const ANSWER_EXAMPLES = 128;

export interface HeldOutParts {
  readonly data: TrainingData;
  readonly batches: Batches;
  readonly base: Base;
  readonly graph: TrainingGraphOptions;
  /** Folder of the run. */
  readonly output: string;
}

export type Evaluation = Omit<Extract<TrainingEvent, { kind: 'evaluation' }>, 'kind' | 'step'>;

/** Examples that nothing is learned from: what a model makes of them. */
export class HeldOut {
  constructor(private readonly parts: HeldOutParts) {}

  /**
   * Loss, and the scores of what the engine answers with these weights.
   *
   * For the answers the model is written to `OUTPUT/evaluated` in float32, the pairs of a LoRA run merged into their
   * base: 4 bytes a parameter on disk, and the time to write and to load them, at each evaluation. A LoRA run whose
   * base is over 2 GiB so has no scores but its loss: there it would cost more than the training between two
   * evaluations, and a disk that nobody has planned for.
   */
  async evaluate(weights: ReadonlyMap<string, Tensor>): Promise<Evaluation> {
    const { base, graph, output, data } = this.parts;
    const batches = await this.parts.batches.inOrder(LOSS_EXAMPLES);
    const loss = await evaluateLoss(base.checkpoint, graph, weights, batches);
    const { tuning } = graph.recipe;
    const note = findMergeRefusal(base.checkpoint.tensors, tuning);
    if (note !== undefined) return { loss, metrics: {}, note };
    const folder = join(output, 'evaluated');
    await writeCheckpoint(folder, base, weights, tuning);
    return { loss, metrics: await evaluateAnswers(folder, data, ANSWER_EXAMPLES, data.mostLabels) };
  }
}
