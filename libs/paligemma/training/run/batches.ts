import { Tensor } from 'onnxruntime-node';
import type { Tokenizer } from '../../tokenizer/tokenizer.js';
import { exampleOrder } from '../data/example-order.js';
import { tokeniseExample } from '../data/tokenise-example.js';
import type { TrainingData } from '../data/training-data.js';
import type { TokenisedExample } from '../data/training-example.js';
import { trainingPorts, type TrainingSizes } from '../graph/training-graph.js';
import type { Recipe } from '../recipe.js';
import { batchFeeds, countLabels } from '../step/batch-feeds.js';
import type { SoftKind } from '../step/soft-kinds.js';

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

export interface BatchOptions {
  readonly data: TrainingData;
  readonly tokenizer: Tokenizer;
  readonly pictures: PictureSide;
  readonly imageTokens: number;
  readonly sizes: TrainingSizes;
  readonly recipe: Pick<Recipe, 'seed' | 'batchSize' | 'accumulation' | 'lossMean'>;
  readonly soft: readonly SoftKind[];
}

/** Examples of a set, batch by batch. What an update reads follows from its number alone. */
export class Batches {
  #epoch = -1;
  #order: Uint32Array = new Uint32Array(0);

  constructor(private readonly options: BatchOptions) {}

  /** Updates of one epoch. The examples that fill no whole update are left out; another order leaves out others. */
  get updatesPerEpoch(): number {
    const { data, recipe } = this.options;
    return Math.floor(data.count / (recipe.batchSize * recipe.accumulation));
  }

  /** The batches of update `step`, counted from 1. */
  async ofUpdate(step: number): Promise<Feeds[]> {
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

  /** The first examples of the set, in its order, as batches whose losses add up to their mean. The last is padded. */
  async inOrder(count: number): Promise<Feeds[]> {
    return this.#of(
      Uint32Array.from({ length: Math.min(count, this.options.data.count) }, (_, index) => index),
    );
  }

  async #of(indices: Uint32Array): Promise<Feeds[]> {
    const { data, tokenizer, sizes, recipe, pictures } = this.options;
    const examples = await Promise.all(
      Array.from(indices, async (index) => {
        const example = await data.read(index);
        const text = tokeniseExample(tokenizer, example, sizes.textTokens);
        return { text, picture: await pictures.read(example.image) };
      }),
    );
    const labels = examples.reduce((sum, { text }) => sum + countLabels(text, sizes.textTokens), 0);
    const totals = { examples: examples.length, labels };
    const parts: Feeds[] = [];
    for (let first = 0; first < examples.length; first += recipe.batchSize) {
      const part = examples.slice(first, first + recipe.batchSize);
      parts.push({
        ...this.#texts(
          part.map(({ text }) => text),
          totals,
        ),
        ...this.#pictures(part.map(({ picture }) => picture)),
      });
    }
    return parts;
  }

  #texts(texts: readonly TokenisedExample[], totals: { examples: number; labels: number }): Feeds {
    const { imageTokens, sizes, recipe, soft } = this.options;
    return batchFeeds(texts, imageTokens, sizes, recipe.lossMean, totals, soft);
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
