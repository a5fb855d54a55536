import { expect, it } from 'vitest';
import type { FineTuningEvent } from '#contracts';
import { lossCurves, scoreCurves } from './curves.js';

const event = (type: string, step: number | null, data: object = {}) =>
  ({ type, step, data }) as FineTuningEvent;

const EVENTS = [
  event('started', null),
  event('step', 1, { loss: 4 }),
  event('step', 2, { loss: 2 }),
  event('evaluation', 2, { loss: 3, metrics: { 'caption.f1': 0.5 } }),
  event('checkpoint', 2),
  event('step', 3, { loss: Number.NaN }),
  event('step', 4, { loss: 1 }),
  event('evaluation', 5, { loss: 2, metrics: { 'caption.f1': 0.75, 'box.f1': 0.1 } }),
];

it('draws the losses of steps and of held-out examples over the same steps', () => {
  expect(lossCurves(EVENTS)).toEqual({
    x: [1, 2, 4, 5],
    lines: [
      { name: 'training', values: [4, 2, 1, null] },
      { name: 'held out', values: [null, 3, null, 2], isSparse: true },
    ],
  });
});

it('draws every score where it was taken', () => {
  expect(scoreCurves(EVENTS)).toEqual({
    x: [2, 5],
    lines: [
      { name: 'box.f1', values: [null, 0.1], isSparse: true },
      { name: 'caption.f1', values: [0.5, 0.75], isSparse: true },
    ],
  });
});

it('draws nothing of a run that has not begun or that nothing was held out from', () => {
  expect(lossCurves(EVENTS.slice(0, 1))).toEqual({ x: [], lines: [] });
  expect(scoreCurves(EVENTS.slice(0, 3))).toEqual({ x: [], lines: [] });
});
