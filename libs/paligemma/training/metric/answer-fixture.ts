/** For specs: answers to one question, each as [expected, actual]. */
import type { ScoredAnswer } from './scored-answer.js';

export const answersTo = (
  prefix: string,
  ...pairs: readonly (readonly [expected: string, actual: string])[]
): ScoredAnswer[] => pairs.map(([expected, actual]) => ({ prefix, expected, actual }));

/** Corners in 1,024 parts of the side, in the order of the tokens: top, left, bottom, right. */
export const locations = (...corners: readonly number[]): string =>
  corners.map((corner) => `<loc${String(corner).padStart(4, '0')}>`).join('');

/** A mask of 16 times the same code word. */
export const codes = (word: number): string => `<seg${String(word).padStart(3, '0')}>`.repeat(16);
