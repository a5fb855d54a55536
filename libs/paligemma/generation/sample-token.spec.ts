import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SampleSelection } from './model-runner.js';
import { randomStream } from './random-stream.js';
import { sampleToken } from './sample-token.js';

const DRAWS = 20_000;
const LOGITS = Float32Array.of(1, -0.5, 2, 0.25, 2, -30);

function softmax(logits: ArrayLike<number>, temperature = 1): number[] {
  const odds = Array.from(logits, (logit) => Math.exp(logit / temperature));
  const total = odds.reduce((sum, value) => sum + value, 0);
  return odds.map((value) => value / total);
}

function countsOf(selection: Omit<SampleSelection, 'kind' | 'random'>): number[] {
  const random = randomStream(7);
  const counts = Array.from(LOGITS, () => 0);
  for (let draw = 0; draw < DRAWS; draw++) {
    counts[sampleToken(LOGITS, { kind: 'sample', random, ...selection }).token]!++;
  }
  return counts;
}

/** Chi-square against probabilities; what has none must never be drawn. */
function distance(counts: readonly number[], probabilities: readonly number[]): number {
  return counts.reduce((sum, count, token) => {
    const expected = probabilities[token]! * DRAWS;
    if (expected === 0 && count > 0) return Infinity;
    return expected < 1 ? sum : sum + (count - expected) ** 2 / expected;
  }, 0);
}

function cut(probabilities: readonly number[], kept: readonly number[]): number[] {
  const total = kept.reduce((sum, token) => sum + probabilities[token]!, 0);
  return probabilities.map((value, token) => (kept.includes(token) ? value / total : 0));
}

/** 5 degrees of freedom: one in 100,000 draws of a right sampler lies above. */
const LIMIT = 31;

describe('sampleToken', () => {
  it.each([
    ['the temperature 1', { temperature: 1 }, softmax(LOGITS)],
    ['the temperature 0.5', { temperature: 0.5 }, softmax(LOGITS, 0.5)],
    ['the temperature 3', { temperature: 3 }, softmax(LOGITS, 3)],
    ['top-k', { temperature: 1, topK: 3 }, cut(softmax(LOGITS), [2, 4, 0])],
    ['top-k among equals: the lower id', { temperature: 1, topK: 1 }, [0, 0, 1, 0, 0, 0]],
    ['top-p', { temperature: 1, topP: 0.75 }, cut(softmax(LOGITS), [2, 4])],
    ['a top-p below the first', { temperature: 1, topP: 1e-9 }, [0, 0, 1, 0, 0, 0]],
    // Of the first three, 2 and 4 hold 84 %.
    [
      'top-p of what top-k left',
      { temperature: 1, topK: 3, topP: 0.8 },
      cut(softmax(LOGITS), [2, 4]),
    ],
  ])('follows %s', (_, selection, probabilities) => {
    expect(distance(countsOf(selection), probabilities)).toBeLessThan(LIMIT);
  });

  it('tells a wrong temperature from the right one', () => {
    expect(distance(countsOf({ temperature: 1.1 }), softmax(LOGITS))).toBeGreaterThan(LIMIT);
  });

  it('gives the log-probability in the distribution of the model, not in the one drawn from', () => {
    const random = randomStream(3);
    const choice = sampleToken(LOGITS, { kind: 'sample', temperature: 5, topK: 2, random });
    expect(choice.logProbability).toBeCloseTo(Math.log(softmax(LOGITS)[choice.token]!), 6);
  });

  it('draws among the first k of any logits', () => {
    const logits = fc.float32Array({ min: -50, max: 50, noNaN: true, minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(logits, fc.integer({ min: 1, max: 50 }), fc.nat(), (values, topK, seed) => {
        const random = randomStream(seed);
        const { token } = sampleToken(values, { kind: 'sample', temperature: 1, topK, random });
        const better = values.filter((value) => value > values[token]!).length;
        expect(better).toBeLessThan(topK);
      }),
    );
  });
});

describe('randomStream', () => {
  it('repeats itself for a seed, and differs for its neighbour', () => {
    const take = (seed: number) => {
      const random = randomStream(seed);
      return Array.from({ length: 50 }, () => random());
    };
    expect(take(5)).toEqual(take(5));
    expect(take(5)).not.toEqual(take(6));
    expect(take(5).every((value) => value >= 0 && value < 1)).toBe(true);
  });
});
