import { Tensor } from 'onnxruntime-node';
import { GraphSession } from '../../graph/graph-session.js';
import type { LearnedTensor } from '../graph/learned-tensors.js';
import { updateGraph, updatePorts } from '../graph/update-graph.js';
import type { Recipe } from '../recipe.js';
import type { LearnerState } from './learner-state.js';

/** By the name of what they are a gradient of. */
export type Gradients = ReadonlyMap<string, Tensor>;

export interface UpdaterOptions {
  readonly recipe: Pick<Recipe, 'optimiser' | 'clipNorm'>;
  /** The runtime's own choice when absent. */
  readonly threads?: number | undefined;
}

/** Makes the next weights and moments of some tensors from their gradients. */
export class Updater {
  private constructor(
    private readonly learned: readonly LearnedTensor[],
    private readonly recipe: UpdaterOptions['recipe'],
    private readonly session: GraphSession,
  ) {}

  static async open(
    learned: readonly LearnedTensor[],
    { recipe, threads }: UpdaterOptions,
  ): Promise<Updater> {
    const graph = updateGraph(learned, recipe.optimiser, recipe.clipNorm);
    const session = await GraphSession.open(graph, {
      weightFolder: '/',
      hasFixedSizes: true,
      ...(threads === undefined ? {} : { threads }),
    });
    return new Updater(learned, recipe, session);
  }

  /** Resolves to the state behind the update, and the length of the gradient. */
  async next(
    state: LearnerState,
    gradients: Gradients,
    learningRate: number,
  ): Promise<{ readonly state: LearnerState; readonly gradientNorm: number }> {
    const { optimiser } = this.recipe;
    const step = state.step + 1;
    const feeds: Record<string, Tensor> = { [updatePorts.learningRate]: scalar(learningRate) };
    if (optimiser.kind === 'adamw') {
      feeds[updatePorts.firstCorrection] = scalar(1 / (1 - optimiser.beta1 ** step));
      feeds[updatePorts.secondCorrection] = scalar(1 / (1 - optimiser.beta2 ** step));
    }
    const ports = this.learned.flatMap((tensor) => portsOf(tensor, state));
    for (const { port, value } of ports) feeds[port] = value;
    for (const [name, gradient] of gradients) feeds[updatePorts.gradient(name)] = gradient;
    const outputs = [updatePorts.norm, ...ports.map(({ port }) => updatePorts.next(port))];
    const results = await this.session.run(feeds, outputs);
    const next = (port: (name: string) => string): ReadonlyMap<string, Tensor> =>
      new Map(
        this.learned.flatMap(({ name }) => {
          const value = results[updatePorts.next(port(name))];
          return value ? [[name, value] as const] : [];
        }),
      );
    return {
      state: {
        step,
        weights: next(updatePorts.weight),
        first: next(updatePorts.first),
        second: next(updatePorts.second),
      },
      gradientNorm: (results[updatePorts.norm]!.data as Float32Array)[0]!,
    };
  }

  release(): Promise<void> {
    return this.session.release();
  }
}

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

function scalar(value: number): Tensor {
  return new Tensor('float32', Float32Array.of(value), []);
}
