import { expect, it } from 'vitest';
import { answersTo } from './answer-fixture.js';
import { tokenF1 } from './token-f1.js';

const f1 = (expected: string, actual: string): number =>
  tokenF1(answersTo('caption en', [expected, actual]));

it('is the F1 of the words that both have', () => {
  expect(f1('cat on red table', 'cat under table')).toBeCloseTo((2 * 2) / (4 + 3), 12);
  expect(f1('cat', 'dog')).toBe(0);
});

it('does not look at order, case, punctuation and English articles', () => {
  expect(f1('A cat, on the table.', 'on table CAT')).toBe(1);
  expect(f1('eine Katze', 'Eine KATZE!')).toBe(1);
});

it('counts a word as often as both have it', () => {
  expect(f1('two two', 'two two two')).toBeCloseTo((2 * 2) / 5, 12);
  expect(f1('two', 'two two two')).toBeCloseTo(2 / 4, 12);
});

it('lets texts without words agree with each other alone', () => {
  expect([f1('the', '...'), f1('the', 'cat'), f1('cat', '')]).toEqual([1, 0, 0]);
});

it('is the mean over the answers', () => {
  expect(tokenF1(answersTo('ocr', ['stop', 'stop'], ['go', 'no']))).toBe(0.5);
});
