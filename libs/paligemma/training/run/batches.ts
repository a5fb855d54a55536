import { Tensor } from 'onnxruntime-node';
import { exampleOrder } from '../data/example-order.js';
import type { TrainingData } from '../data/training-data.js';
import { trainingPorts, type TrainingSizes } from '../graph/training-graph.js';
import type { Recipe } from '../recipe.js';
import type { LabelSide } from './label-side.js';

type Feeds = Readonly<Record<string, Tensor>>;

/** The picture side of a batch: what the graph's `patches` or `tower` is fed with. */
export interface PictureSide {
  readonly port: string;
  /** Numbers of one row. */
  readonly width: number;
  /** Of one picture: [image tokens, width]. */
  read(path: string): Promise<Float32Array>;
  release(): Promise<void>;
}

export interface BatchOptions<Line extends { readonly image: string }> {
  readonly data: TrainingData<Line>;
  readonly labels: LabelSide<Line>;
  readonly pictures: PictureSide;
  readonly imageTokens: number;
  readonly sizes: Pick<TrainingSizes, 'batch'>;
  readonly recipe: Pick<Recipe, 'seed' | 'batchSize' | 'accumulation'>;
}

/** What one update learns from. */
export interface UpdateBatches {
  readonly batches: readonly Feeds[];
  /** Lines of the training file. */
  readonly examples: number;
}

/** Units of a set, batch by batch. What an update reads follows from its number alone. */
export class Batches<Line extends { readonly image: string }> {
  #epoch = -1;
  #order: Uint32Array = new Uint32Array(0);

  constructor(private readonly options: BatchOptions<Line>) {}

  /** Updates of one epoch. The units that fill no whole update are left out; another order leaves out others. */
  get updatesPerEpoch(): number {
    const { data, recipe } = this.options;
    return Math.floor(data.count / (recipe.batchSize * recipe.accumulation));
  }

  /** The batches of update `step`, counted from 1. */
  async ofUpdate(step: number): Promise<UpdateBatches> {
    const { data, recipe } = this.options;
    const size = recipe.batchSize * recipe.accumulation;
    const epoch = Math.floor((step - 1) / this.updatesPerEpoch);
    if (epoch !== this.#epoch) {
      this.#order = exampleOrder(data.count, recipe.seed, epoch);
      this.#epoch = epoch;
    }
    const first = ((step - 1) % this.updatesPerEpoch) * size;
    return this.#of(this.#order.subarray(first, first + size));
  }

  /** The first units of the set, in its order, as batches whose losses add up to their mean. The last is padded. */
  async inOrder(count: number): Promise<readonly Feeds[]> {
    const { batches } = await this.#of(
      Uint32Array.from({ length: Math.min(count, this.options.data.count) }, (_, index) => index),
    );
    return batches;
  }

  async #of(indices: Uint32Array): Promise<UpdateBatches> {
    const { data, recipe, pictures, labels } = this.options;
    const units = await Promise.all(
      Array.from(indices, async (index) => {
        const lines = await data.read(index);
        return { lines, picture: await pictures.read(lines[0]!.image) };
      }),
    );
    const parts: (typeof units)[] = [];
    for (let first = 0; first < units.length; first += recipe.batchSize) {
      parts.push(units.slice(first, first + recipe.batchSize));
    }
    const learned = labels(parts.map((part) => part.map(({ lines }) => lines)));
    return {
      examples: units.reduce((sum, { lines }) => sum + lines.length, 0),
      batches: parts.map((part, index) => ({
        ...learned[index]!,
        ...this.#pictures(part.map(({ picture }) => picture)),
      })),
    };
  }

  #pictures(pictures: readonly Float32Array[]): Feeds {
    const { imageTokens, sizes } = this.options;
    const { port, width } = this.options.pictures;
    const rows = new Float32Array(sizes.batch * imageTokens * width);
    pictures.forEach((picture, index) => rows.set(picture, index * imageTokens * width));
    return { [port]: new Tensor('float32', rows, [sizes.batch * imageTokens, width]) };
  }
}

/** Patches go in as they are: the tower is part of the graph. */
export function patchSide(patchSize: number, read: PictureSide['read']): PictureSide {
  return {
    port: trainingPorts.patches,
    width: 3 * patchSize ** 2,
    read,
    release: () => Promise.resolve(),
  };
}
