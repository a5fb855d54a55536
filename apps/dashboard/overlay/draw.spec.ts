import { expect, it } from 'vitest';
import type { Box } from '#contracts';
import { pixelBox } from './draw.js';

const boxOf = (box: Box['box']) => ({ label: 'cat', box, confidence: 1 }) as unknown as Box;

it('rounds each edge of a box to the nearest pixel', () => {
  const box = boxOf([0.101, 0.249, 0.5, 0.751]);
  expect(pixelBox(box, 100, 10)).toEqual({ left: 10, top: 2, right: 50, bottom: 8 });
});

it.each([
  [[0.5, 0.5, 0.5, 0.5], { left: 50, top: 50, right: 51, bottom: 51 }],
  [[1, 1, 1, 1], { left: 99, top: 99, right: 100, bottom: 100 }],
  [[0.999, 0, 0.999, 1], { left: 99, top: 0, right: 100, bottom: 100 }],
] as const)('leaves a box that is thinner than a pixel in the picture: %j', (box, place) => {
  expect(pixelBox(boxOf([...box]), 100, 100)).toEqual(place);
});
