import { Tensor } from 'onnxruntime-node';
import type { Checkpoint } from '../../checkpoint/checkpoint.js';
import { GraphSession } from '../../graph/graph-session.js';
import { DROPOUT_SEED } from '../graph/dropout.js';
import {
  trainingGraph,
  trainingPorts,
  type TrainingGraphOptions,
} from '../graph/training-graph.js';
import type { Recipe } from '../recipe.js';
import type { LearnerState } from './learner-state.js';
import { Updater, type Gradients } from './updater.js';

type Feeds = Readonly<Record<string, Tensor>>;

export interface LearnerOptions {
  readonly graph: TrainingGraphOptions;
  readonly recipe: Recipe;
  readonly threads?: number;
}

/**
 * The weights that learn, and the two graphs that change them: one gives the gradient of a batch, one makes an update
 * of the gradients that were added up.
 */
export class Learner {
  private constructor(
    private readonly options: LearnerOptions,
    private readonly backward: GraphSession,
    private readonly updater: Updater,
    private state: LearnerState,
  ) {}

  static async open(
    checkpoint: Checkpoint,
    state: LearnerState,
    options: LearnerOptions,
  ): Promise<Learner> {
    const { graph, recipe, threads } = options;
    const backward = await GraphSession.open(trainingGraph(checkpoint, graph), {
      weightFolder: checkpoint.weightFolder,
      hasFixedSizes: true,
      ...(threads === undefined ? {} : { threads }),
    });
    const updater = await Updater.open(graph.learned, { recipe, threads });
    return new Learner(options, backward, updater, state);
  }

  get current(): LearnerState {
    return this.state;
  }

  /**
   * One update from the gradients of its batches, one after the other. `learningRate` is that of this update.
   * Resolves to the loss before it, and the length of the gradient.
   */
  async update(
    batches: AsyncIterable<Feeds> | Iterable<Feeds>,
    learningRate: number,
  ): Promise<{ readonly loss: number; readonly gradientNorm: number }> {
    let loss = 0;
    let sums: Gradients | undefined;
    let part = 0;
    for await (const batch of batches) {
      const found = await this.#gradients(batch, part++);
      loss += found.loss;
      sums = sums === undefined ? found.gradients : added(sums, found.gradients);
    }
    if (sums === undefined) throw new Error('an update needs a batch');
    const { state, gradientNorm } = await this.updater.next(this.state, sums, learningRate);
    this.state = state;
    return { loss, gradientNorm };
  }

  async #gradients(
    batch: Feeds,
    part: number,
  ): Promise<{ readonly loss: number; readonly gradients: Gradients }> {
    const { learned, recipe } = this.options.graph;
    const names = learned.map(({ name }) => name);
    const weights = names.map((name) => [name, this.state.weights.get(name)!] as const);
    const hasDropout = recipe.tuning.kind === 'lora' && recipe.tuning.dropout > 0;
    const feeds: Record<string, Tensor> = { ...batch, ...Object.fromEntries(weights) };
    if (hasDropout) feeds[DROPOUT_SEED] = scalar(this.#draw(part));
    const outputs = [trainingPorts.loss, ...names.map(trainingPorts.gradient)];
    const results = await this.backward.run(feeds, outputs);
    return {
      loss: (results[trainingPorts.loss]!.data as Float32Array)[0]!,
      gradients: new Map(names.map((name) => [name, results[trainingPorts.gradient(name)]!])),
    };
  }

  /** Follows from the seed, the update and the part of it: a golden-ratio sequence. */
  #draw(part: number): number {
    const { seed, accumulation } = this.options.recipe;
    return ((this.state.step * accumulation + part + 1) * 0.618_033_988_7 + seed * 0.414_213_6) % 1;
  }

  async release(): Promise<void> {
    await this.backward.release();
    await this.updater.release();
  }
}

/** In the order of the batches, number by number: the same sums whenever it is run. */
function added(sums: Gradients, more: Gradients): Gradients {
  for (const [name, tensor] of sums) {
    const target = tensor.data as Float32Array;
    const source = more.get(name)!.data as Float32Array;
    for (let at = 0; at < target.length; at++) target[at]! += source[at]!;
  }
  return sums;
}

function scalar(value: number): Tensor {
  return new Tensor('float32', Float32Array.of(value), []);
}
