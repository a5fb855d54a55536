import { parseOutput, type ParsedBox } from '../../output/parse-output.js';
import { plain, type ScoredAnswer } from './scored-answer.js';

const LEAST_OVERLAP = 0.5;
/** Boxes are compared in parts of the side. */
const UNIT = { width: 1, height: 1 };

export interface BoxScores {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

/** Over all boxes: one is right with the right label and an overlap (intersection over union) of half or more, one to one. */
export function boxScores(answers: readonly ScoredAnswer[]): BoxScores {
  let [found, expected, matched] = [0, 0, 0];
  for (const answer of answers) {
    const truth = boxesOf(answer.expected);
    const guesses = boxesOf(answer.actual);
    found += guesses.length;
    expected += truth.length;
    matched += matches(truth, guesses);
  }
  const precision = found === 0 ? 0 : matched / found;
  const recall = expected === 0 ? 0 : matched / expected;
  const f1 = matched === 0 ? 0 : (2 * precision * recall) / (precision + recall);
  return { precision, recall, f1 };
}

/** Guesses take the best box that is left, in their order. */
function matches(truth: readonly ParsedBox[], guesses: readonly ParsedBox[]): number {
  const left = new Set(truth);
  let count = 0;
  for (const guess of guesses) {
    const best = [...left]
      .filter(({ label }) => plain(label) === plain(guess.label))
      .map((box) => ({ box, overlap: overlapOf(box, guess) }))
      .toSorted((a, b) => b.overlap - a.overlap)[0];
    if (best === undefined || best.overlap < LEAST_OVERLAP) continue;
    left.delete(best.box);
    count++;
  }
  return count;
}

function boxesOf(text: string): readonly ParsedBox[] {
  return parseOutput(text, UNIT).boxes;
}

/** Intersection over union of two boxes. */
function overlapOf({ box: a }: ParsedBox, { box: b }: ParsedBox): number {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  if (width <= 0 || height <= 0) return 0;
  const area = (box: ParsedBox['box']): number => (box[2] - box[0]) * (box[3] - box[1]);
  return (width * height) / (area(a) + area(b) - width * height);
}
