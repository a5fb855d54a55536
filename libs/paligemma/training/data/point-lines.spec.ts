import { describe, expect, it } from 'vitest';
import { labelsOf, pointLines } from './point-lines.js';

/** A letter is a token. */
const tokenizer = {
  encode: (text: string) => Array.from(text, (letter) => letter.charCodeAt(0)),
};
const lines = pointLines({ tokenizer, questions: 2 });
const parse = (points: unknown) =>
  lines.parse('/data/points.jsonl', JSON.stringify({ image: 'a.png', points }));

describe('lines about points', () => {
  it('are read with their picture beside the file, and counted by question', () => {
    const line = parse([
      { at: [0, 0.5], answers: ['a', null] },
      { at: [0.9, 0.1], answers: ['b', 'c'] },
    ]);
    expect(line.image).toBe('/data/a.png');
    expect(lines.measure(line)).toEqual({ tokens: 0, labels: [2, 1] });
    expect(labelsOf(line.points[1]!, tokenizer)).toEqual([
      { question: 0, token: 98 },
      { question: 1, token: 99 },
    ]);
  });

  it.each([
    ['without points', undefined],
    ['with none', []],
    ['with a place outside of the picture', [{ at: [1, 0], answers: ['a', null] }]],
    ['with half a place', [{ at: [0.5], answers: ['a', null] }]],
    ['with answers that are no texts', [{ at: [0, 0], answers: [1, null] }]],
  ])('are refused %s', (_, points) => {
    expect(() => parse(points)).toThrow('"points"');
  });

  it('are refused with another number of answers, or one of several tokens', () => {
    expect(() => lines.measure(parse([{ at: [0, 0], answers: ['a'] }]))).toThrow('1 answers');
    expect(() => lines.measure(parse([{ at: [0, 0], answers: ['ab', null] }]))).toThrow(
      '"ab" of a point is not one token',
    );
  });
});
