import type { Tensor } from 'onnxruntime-node';
import { labelsOf } from '../data/point-lines.js';
import type { PointExample } from '../data/training-example.js';
import { Labels } from './labels.js';
import type { SoftKind } from './soft-kinds.js';

export interface PointSizes {
  /** Places of a batch for the labels of each question, which stand together. */
  readonly places: readonly number[];
  /** Patches of a side. */
  readonly side: number;
  readonly tokenizer: { encode(text: string): readonly number[] };
  readonly soft: readonly SoftKind[];
  /** Batches of one update. */
  readonly parts?: number;
}

/** What a batch of pictures is asked, patch by patch, as inputs of the tower's training graph. Every label weighs the same. */
export function pointFeeds(
  examples: readonly PointExample[],
  { places, side, tokenizer, soft, parts = 1 }: PointSizes,
): Record<string, Tensor> {
  const asked = examples.flatMap(({ points }, picture) =>
    points.flatMap((point) => {
      const [y, x] = point.at;
      const row = picture * side ** 2 + Math.floor(y * side) * side + Math.floor(x * side);
      return labelsOf(point, tokenizer).map((label) => ({ ...label, row }));
    }),
  );
  const labels = new Labels(
    places.reduce((sum, count) => sum + count, 0),
    soft,
  );
  const next = places.map((_, question) =>
    places.slice(0, question).reduce((sum, count) => sum + count, 0),
  );
  for (const { question, token, row } of asked) {
    labels.set(next[question]!++, row, token, 1 / (asked.length * parts));
  }
  return labels.feeds();
}
