import type { ScoredAnswer } from './scored-answer.js';
import { wordsOf } from './words.js';

const ARTICLES = new Set(['a', 'an', 'the']);

/**
 * Mean over the answers of the F1 of their words as bags, 0 to 1: case, punctuation and English articles do not count,
 * order neither. Two texts without words agree.
 * Source: SQuAD's evaluate-v2.0.py (`normalize_answer`, `compute_f1`).
 */
export function tokenF1(answers: readonly ScoredAnswer[]): number {
  const sum = answers.reduce((total, { expected, actual }) => total + f1(expected, actual), 0);
  return sum / answers.length;
}

function f1(expected: string, actual: string): number {
  const [truth, guess] = [bagOf(expected), bagOf(actual)];
  if (truth.length === 0 || guess.length === 0) return truth.length === guess.length ? 1 : 0;
  const left = new Map<string, number>();
  for (const word of truth) left.set(word, (left.get(word) ?? 0) + 1);
  let shared = 0;
  for (const word of guess) {
    const count = left.get(word) ?? 0;
    if (count === 0) continue;
    left.set(word, count - 1);
    shared++;
  }
  return (2 * shared) / (truth.length + guess.length);
}

const bagOf = (text: string): string[] => wordsOf(text).filter((word) => !ARTICLES.has(word));
