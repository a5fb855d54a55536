import type { ScoredAnswer } from './scored-answer.js';
import { wordsOf } from './words.js';

const LONGEST = 4;
/** Of the penalty on a length that is not the reference's, in words. */
const LENGTH_DEVIATION = 6;
const SCALE = 10;

/**
 * CIDEr-D, 0 to 10: mean over n = 1 to 4 of the cosine of the two captions' n-grams, each weighted by how rare it is
 * among the expected captions of the set; repeating what is right does not pay, another length costs.
 *
 * What it is not: comparable over sets, since the weights are of the evaluated one, or with published scores, which
 * have five references a picture. A caption of fewer than four words cannot reach 10, and a set whose expected
 * captions are all alike has no rare n-grams, and 0.
 * Source: Vedantam, Zitnick, Parikh, "CIDEr: Consensus-based Image Description Evaluation", CVPR 2015, section 4.2 and 6;
 * numbers as in coco-caption's `cider_scorer.py` with one reference each, words without its PTB tokeniser.
 */
export function cider(answers: readonly ScoredAnswer[]): number {
  const truths = answers.map(({ expected }) => captionOf(expected));
  const guesses = answers.map(({ actual }) => captionOf(actual));
  const rarity = rarities(truths);
  const sum = truths.reduce((total, truth, i) => total + similarity(truth, guesses[i]!, rarity), 0);
  return (SCALE * sum) / answers.length;
}

interface Caption {
  readonly words: number;
  /** For n = 1 to 4: n-gram -> how often. */
  readonly counts: readonly ReadonlyMap<string, number>[];
}

function captionOf(text: string): Caption {
  const words = wordsOf(text);
  const counts = Array.from({ length: LONGEST }, (_, index) => {
    const found = new Map<string, number>();
    for (let from = 0; from + index < words.length; from++) {
      const gram = words.slice(from, from + index + 1).join(' ');
      found.set(gram, (found.get(gram) ?? 0) + 1);
    }
    return found;
  });
  return { words: words.length, counts };
}

/** log(captions / captions that have it); one that no expected caption has counts as if one had. */
function rarities(captions: readonly Caption[]): (gram: string) => number {
  const having = new Map<string, number>();
  for (const { counts } of captions) {
    for (const found of counts) {
      for (const gram of found.keys()) having.set(gram, (having.get(gram) ?? 0) + 1);
    }
  }
  return (gram) => Math.log(captions.length / (having.get(gram) ?? 1));
}

function similarity(truth: Caption, guess: Caption, rarity: (gram: string) => number): number {
  const difference = truth.words - guess.words;
  const penalty = Math.exp(-(difference ** 2) / (2 * LENGTH_DEVIATION ** 2));
  let sum = 0;
  for (let n = 0; n < LONGEST; n++) {
    const expected = weighted(truth.counts[n]!, rarity);
    const actual = weighted(guess.counts[n]!, rarity);
    const lengths = lengthOf(expected) * lengthOf(actual);
    if (lengths > 0) sum += (clippedProduct(expected, actual) / lengths) * penalty;
  }
  return sum / LONGEST;
}

type Vector = ReadonlyMap<string, number>;

const weighted = (counts: Vector, rarity: (gram: string) => number): Vector =>
  new Map([...counts].map(([gram, count]) => [gram, count * rarity(gram)]));

const lengthOf = (vector: Vector): number => Math.hypot(...vector.values());

/** An n-gram counts as often as the expected caption has it, at most. */
function clippedProduct(expected: Vector, actual: Vector): number {
  let sum = 0;
  for (const [gram, weight] of actual) {
    const wanted = expected.get(gram) ?? 0;
    sum += Math.min(weight, wanted) * wanted;
  }
  return sum;
}
