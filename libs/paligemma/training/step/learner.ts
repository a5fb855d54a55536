import { Tensor } from 'onnxruntime-node';
import type { Checkpoint } from '../../checkpoint/checkpoint.js';
import { GraphSession } from '../../graph/graph-session.js';
import { DROPOUT_SEED } from '../graph/dropout.js';
import type { LearnedTensor } from '../graph/learned-tensors.js';
import {
  trainingGraph,
  trainingPorts,
  type TrainingGraphOptions,
} from '../graph/training-graph.js';
import { updateGraph, updatePorts } from '../graph/update-graph.js';
import type { Recipe } from '../recipe.js';
import type { LearnerState } from './learner-state.js';

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
    private readonly updating: GraphSession,
    private state: LearnerState,
  ) {}

  static async open(
    checkpoint: Checkpoint,
    state: LearnerState,
    options: LearnerOptions,
  ): Promise<Learner> {
    const { recipe, threads } = options;
    const session = {
      weightFolder: checkpoint.weightFolder,
      hasFixedSizes: true,
      ...(threads === undefined ? {} : { threads }),
    };
    const backward = await GraphSession.open(trainingGraph(checkpoint, options.graph), session);
    const update = updateGraph(options.graph.learned, recipe.optimiser, recipe.clipNorm);
    return new Learner(options, backward, await GraphSession.open(update, session), state);
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
    return { loss, gradientNorm: await this.#apply(sums, learningRate) };
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

  async #apply(gradients: Gradients, learningRate: number): Promise<number> {
    const { learned } = this.options.graph;
    const { optimiser } = this.options.recipe;
    const step = this.state.step + 1;
    const feeds: Record<string, Tensor> = { [updatePorts.learningRate]: scalar(learningRate) };
    if (optimiser.kind === 'adamw') {
      feeds[updatePorts.firstCorrection] = scalar(1 / (1 - optimiser.beta1 ** step));
      feeds[updatePorts.secondCorrection] = scalar(1 / (1 - optimiser.beta2 ** step));
    }
    const ports = learned.flatMap((tensor) => portsOf(tensor, this.state));
    for (const { port, value } of ports) feeds[port] = value;
    for (const [name, gradient] of gradients) feeds[updatePorts.gradient(name)] = gradient;
    const outputs = [updatePorts.norm, ...ports.map(({ port }) => updatePorts.next(port))];
    const results = await this.updating.run(feeds, outputs);
    const next = (port: (name: string) => string): ReadonlyMap<string, Tensor> =>
      new Map(
        learned.flatMap(({ name }) => {
          const value = results[updatePorts.next(port(name))];
          return value ? [[name, value] as const] : [];
        }),
      );
    this.state = {
      step,
      weights: next(updatePorts.weight),
      first: next(updatePorts.first),
      second: next(updatePorts.second),
    };
    return (results[updatePorts.norm]!.data as Float32Array)[0]!;
  }

  async release(): Promise<void> {
    await this.backward.release();
    await this.updating.release();
  }
}

type Gradients = ReadonlyMap<string, Tensor>;

function portsOf(
  { name }: LearnedTensor,
  { weights, first, second }: LearnerState,
): { readonly port: string; readonly value: Tensor }[] {
  const all = [
    { port: updatePorts.weight(name), value: weights.get(name) },
    { port: updatePorts.first(name), value: first.get(name) },
    { port: updatePorts.second(name), value: second.get(name) },
  ];
  return all.flatMap(({ port, value }) => (value === undefined ? [] : [{ port, value }]));
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
