import { Tensor } from 'onnxruntime-node';
import { trainingPorts, type TrainingSizes } from '../graph/training-graph.js';
import type { TokenisedExample } from '../data/training-example.js';
import type { Recipe } from '../recipe.js';
import type { SoftKind } from './soft-kinds.js';

/** Finite: rows of padding see nothing, and infinity would make them not a number. */
const UNSEEN = -1e9;

/**
 * The text side of one batch as the training graph's inputs. Inputs are tokens[0 .. n - 1], targets tokens[1 .. n].
 * `labelTotals`: labels of the whole update that the batch is part of, and its examples; they make the mean.
 */
export function batchFeeds(
  examples: readonly TokenisedExample[],
  imageTokens: number,
  sizes: TrainingSizes,
  lossMean: Recipe['lossMean'],
  totals: { readonly examples: number; readonly labels: number },
  soft: readonly SoftKind[] = [],
): Record<string, Tensor> {
  const { batch, textTokens } = sizes;
  const tokens = imageTokens + textTokens;
  const labels = new Labels(sizes.labels, soft);
  const ids = new BigInt64Array(batch * textTokens);
  const mask = new Float32Array(batch * tokens * tokens);
  examples.forEach((example, index) => {
    for (let at = 0; at < textTokens; at++) {
      ids[index * textTokens + at] = BigInt(example.tokens[at]!);
    }
    writeMask(
      mask.subarray(index * tokens ** 2, (index + 1) * tokens ** 2),
      example,
      imageTokens,
      tokens,
    );
    const count = countLabels(example, textTokens);
    const weight = lossMean === 'token' ? 1 / totals.labels : 1 / (count * totals.examples);
    for (let at = 0; at < textTokens; at++) {
      if (!example.maskLoss[at + 1]) continue;
      labels.add(index * tokens + imageTokens + at, example.tokens[at + 1]!, weight);
    }
  });
  const positions = BigInt64Array.from({ length: batch * tokens }, (_, at) => BigInt(at % tokens));
  return {
    [trainingPorts.ids]: new Tensor('int64', ids, [batch, textTokens]),
    [trainingPorts.positions]: new Tensor('int64', positions, [batch, tokens]),
    [trainingPorts.mask]: new Tensor('float32', mask, [batch, 1, tokens, 1, tokens]),
    ...labels.feeds(),
  };
}

/** Tokens of one example that the loss is on. */
export function countLabels(example: TokenisedExample, textTokens: number): number {
  let count = 0;
  for (let at = 1; at <= textTokens; at++) if (example.maskLoss[at]) count++;
  return count;
}

/** Of one example, [tokens, tokens]. A token sees those whose running sum of mask_ar is not above its own. */
function writeMask(
  mask: Float32Array,
  { maskAr, maskInput }: TokenisedExample,
  imageTokens: number,
  tokens: number,
): void {
  const blocks = new Int32Array(tokens);
  for (let at = imageTokens; at < tokens; at++) {
    blocks[at] = (blocks[at - 1] ?? 0) + maskAr[at - imageTokens]!;
  }
  for (let row = 0; row < tokens; row++) {
    for (let column = 0; column < tokens; column++) {
      const isReal = column < imageTokens || maskInput[column - imageTokens]! !== 0;
      const isSeen = isReal && blocks[column]! <= blocks[row]!;
      mask[row * tokens + column] = isSeen ? 0 : UNSEEN;
    }
  }
}

/** Rows that are not filled weigh nothing. */
class Labels {
  #count = 0;
  readonly #rows: BigInt64Array;
  readonly #targets: BigInt64Array;
  readonly #weights: Float32Array;
  readonly #hardWeights: Float32Array;
  readonly #softRows: readonly BigInt64Array[];

  constructor(
    private readonly capacity: number,
    private readonly soft: readonly SoftKind[],
  ) {
    this.#rows = new BigInt64Array(capacity);
    this.#targets = new BigInt64Array(capacity);
    this.#weights = new Float32Array(capacity);
    this.#hardWeights = new Float32Array(capacity);
    this.#softRows = soft.map(({ count }) => new BigInt64Array(capacity).fill(BigInt(count)));
  }

  add(row: number, target: number, weight: number): void {
    const at = this.#count++;
    if (at >= this.capacity) throw new RangeError(`a batch has more than ${this.capacity} labels`);
    this.#rows[at] = BigInt(row);
    this.#targets[at] = BigInt(target);
    this.#weights[at] = weight;
    const kind = this.soft.findIndex(
      ({ firstToken, count }) => target >= firstToken && target < firstToken + count,
    );
    if (kind === -1) this.#hardWeights[at] = weight;
    else this.#softRows[kind]![at] = BigInt(target - this.soft[kind]!.firstToken);
  }

  feeds(): Record<string, Tensor> {
    const shape = [this.capacity];
    return {
      [trainingPorts.labelRows]: new Tensor('int64', this.#rows, shape),
      [trainingPorts.targets]: new Tensor('int64', this.#targets, shape),
      [trainingPorts.weights]: new Tensor('float32', this.#weights, shape),
      [trainingPorts.hardWeights]: new Tensor('float32', this.#hardWeights, shape),
      ...Object.fromEntries(
        this.#softRows.map((rows, kind) => [
          trainingPorts.softRow(kind),
          new Tensor('int64', rows, shape),
        ]),
      ),
    };
  }
}
