import { describe, expect, it } from 'vitest';
import { answersTo } from './answer-fixture.js';
import { cider } from './cider.js';

const score = (...pairs: readonly (readonly [string, string])[]): number =>
  cider(answersTo('caption en', ...pairs));
/** Of a caption that is another word longer or shorter. */
const penalty = (words: number): number => Math.exp(-(words ** 2) / 72);

describe('cider', () => {
  it('gives 10 to captions of four words that are as expected', () => {
    const right = ['one red cat here', 'two blue dogs there'] as const;
    expect(score([right[0], right[0]], [right[1], right[1]])).toBeCloseTo(10, 12);
  });

  it('counts no n-grams that a short caption cannot have, and no words that all captions have', () => {
    // "a" is in both, so it weighs log(2 / 2) = 0: "cat" and "a cat" are all that counts, of n = 1 and 2 of 4.
    expect(score(['a cat', 'A cat.'], ['a dog', 'a cat'])).toBeCloseTo((10 * (2 / 4) + 0) / 2, 12);
  });

  it('takes the cosine of what is said and what is expected, less for another length', () => {
    // All n-grams weigh log 2. One word more: 2 of 3 words for 2, then 1 of 2 pairs for 1.
    const cosines = [2 / Math.sqrt(2 * 3), 1 / Math.sqrt(1 * 2), 0, 0];
    const expected = (10 * penalty(1) * (cosines[0]! + cosines[1]!)) / 4;
    expect(score(['red cat', 'red cat sits'], ['blue dog', ''])).toBeCloseTo(expected / 2, 12);
  });

  it('pays nothing for saying what is right again and again', () => {
    // min(3, 1) * 1 / (|3| * |1, 1|) for words; no pair is right.
    const expected = (10 * penalty(1) * (1 / (3 * Math.SQRT2))) / 4;
    expect(score(['red cat', 'cat cat cat'], ['blue dog', ''])).toBeCloseTo(expected / 2, 12);
  });

  it('weighs a rare word more than a frequent one', () => {
    // "cat" is in two of three captions, "red" in one.
    const [often, rare] = [Math.log(3 / 2), Math.log(3)];
    const others = [
      ['cat', ''],
      ['dog', ''],
    ] as const;
    const one = (word: number): number =>
      (10 * penalty(1) * word) / Math.hypot(often, rare) / 4 / 3;
    expect(score(['red cat', 'cat'], ...others)).toBeCloseTo(one(often), 12);
    expect(score(['red cat', 'red'], ...others)).toBeCloseTo(one(rare), 12);
  });
});
