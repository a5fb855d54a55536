import { expect, it } from 'vitest';
import type { ItemResult } from '#contracts';
import { countLabels, summaryOf } from './item-summary.js';

const box = (label: string, confidence: number) => ({ label, confidence });
const item = (answers: object[], error: object | null = null) =>
  ({ state: error === null ? 'succeeded' : 'failed', answers, error }) as unknown as ItemResult;

const SCENE = item([
  { text: ' a dog ', boxes: [] },
  { text: 'dog ; dog ; car', boxes: [box('dog', 0.9), box('dog', 0.2), box('car', 0.6)] },
]);

it('says what was found and what was answered', () => {
  expect(summaryOf(SCENE)).toBe('2 dog, car · a dog');
  expect(summaryOf(SCENE, 0.7)).toBe('dog · a dog');
  expect(summaryOf(item([{ text: '', boxes: [] }]))).toBe('nothing found');
  expect(summaryOf(item([], { code: 'image.corrupt', detail: '' }))).toBe('image.corrupt');
  expect(summaryOf(undefined)).toBe('waiting');
});

it('counts labels over items, the most frequent first', () => {
  expect([...countLabels([SCENE, undefined, SCENE], 0.5)]).toEqual([
    ['car', 2],
    ['dog', 2],
  ]);
});
