import { Tensor } from 'onnxruntime-node';
import { trainingPorts, type TrainingSizes } from '../graph/training-graph.js';
import type { TokenisedExample } from '../data/training-example.js';
import type { Recipe } from '../recipe.js';
import { Labels } from './labels.js';
import type { SoftKind } from './soft-kinds.js';
import { textRow, type TextRow } from './text-row.js';

/** Finite: rows of padding see nothing, and infinity would make them not a number. */
const UNSEEN = -1e9;

export interface BatchTexts {
  readonly lossMean: Recipe['lossMean'];
  /** Of the whole update that the batch is part of: they make the mean. */
  readonly totals: { readonly examples: number; readonly labels: number };
  readonly soft?: readonly SoftKind[];
  /** Whether a picture sees the prefix, as it does when answers are asked for; not where it has several. */
  readonly seesPrefix?: boolean;
}

/**
 * The text side of one batch as the training graph's inputs: of each picture the examples about it. Inputs are
 * tokens[0 .. n - 1], targets tokens[1 .. n].
 */
export function batchFeeds(
  pictures: readonly (readonly TokenisedExample[])[],
  imageTokens: number,
  sizes: TrainingSizes,
  { lossMean, totals, soft = [], seesPrefix = true }: BatchTexts,
): Record<string, Tensor> {
  const { batch, textTokens } = sizes;
  const tokens = imageTokens + textTokens;
  const labels = new Labels(sizes.labels, soft);
  const ids = new BigInt64Array(batch * textTokens);
  const positions = BigInt64Array.from({ length: batch * tokens }, (_, at) => BigInt(at % tokens));
  const mask = new Float32Array(batch * tokens * tokens);
  let label = 0;
  pictures.forEach((examples, index) => {
    const row = textRow(examples, textTokens);
    const part = mask.subarray(index * tokens ** 2, (index + 1) * tokens ** 2);
    writeMask(part, row, imageTokens, seesPrefix);
    const counts = examples.map(countLabels);
    for (let at = 0; at < textTokens && row.example[at] !== 0; at++) {
      const place = index * tokens + imageTokens + at;
      ids[index * textTokens + at] = BigInt(row.inputs[at]!);
      positions[place] = BigInt(imageTokens + row.position[at]!);
      if (!row.isLabel[at]) continue;
      const count = counts[row.example[at]! - 1]!;
      const weight = lossMean === 'token' ? 1 / totals.labels : 1 / (count * totals.examples);
      labels.set(label++, place, row.targets[at]!, weight);
    }
  });
  return {
    [trainingPorts.ids]: new Tensor('int64', ids, [batch, textTokens]),
    [trainingPorts.positions]: new Tensor('int64', positions, [batch, tokens]),
    [trainingPorts.mask]: new Tensor('float32', mask, [batch, 1, tokens, 1, tokens]),
    ...labels.feeds(),
  };
}

/** Tokens of one example that the loss is on. */
export function countLabels({ maskLoss }: TokenisedExample): number {
  let count = 0;
  for (let at = 1; at < maskLoss.length; at++) if (maskLoss[at]) count++;
  return count;
}

/**
 * Of one picture, [tokens, tokens]. All see the picture; a text token sees those of its example whose running sum of
 * mask_ar is not above its own, and so does the picture with a single prefix.
 */
function writeMask(
  mask: Float32Array,
  { example, block }: TextRow,
  imageTokens: number,
  seesPrefix: boolean,
): void {
  const tokens = imageTokens + example.length;
  for (let row = 0; row < tokens; row++) {
    const isImage = row < imageTokens;
    const ownExample = isImage ? Number(seesPrefix) : example[row - imageTokens]!;
    const ownBlock = isImage ? 0 : block[row - imageTokens]!;
    for (let at = 0; at < example.length; at++) {
      const isSeen = example[at] !== 0 && example[at] === ownExample && block[at]! <= ownBlock;
      if (!isSeen) mask[row * tokens + imageTokens + at] = UNSEEN;
    }
  }
}
