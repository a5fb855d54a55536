import { expect, it } from 'vitest';
import type { Box } from '#contracts';
import { draftOf, drawable, moveCorner, newBox, pixelsOf } from './box-draft.js';

const SIZE = { width: 300, height: 200 };
const BOX = { label: 'cat', box: [1 / 3, 0.1, 2 / 3, 0.9], confidence: 0.5 } as unknown as Box;

it('moves one corner and leaves the others exactly where they were', () => {
  const [draft] = draftOf([BOX]);
  expect(pixelsOf(draft!, SIZE)).toEqual([100, 20, 200, 180]);
  const moved = moveCorner(draft!, 3, 190, SIZE);
  expect(moved.box).toEqual([1 / 3, 0.1, 2 / 3, 0.95]);
  expect(pixelsOf(moved, SIZE)).toEqual([100, 20, 200, 190]);
});

it('keeps a corner in the picture', () => {
  expect(moveCorner(newBox('cat'), 0, -5, SIZE).box[0]).toBe(0);
  expect(moveCorner(newBox('cat'), 2, 999, SIZE).box[2]).toBe(1);
});

it('keeps the code words of a mask, and draws in pixels', () => {
  const segment_codes = Array.from({ length: 16 }, () => 3);
  expect(draftOf([{ ...BOX, segment_codes }])[0]).toEqual({
    label: 'cat',
    box: BOX.box,
    segment_codes,
  });
  expect(drawable([newBox('dog')], SIZE)[0]).toEqual({
    label: 'dog',
    box: [0.25, 0.25, 0.75, 0.75],
    pixels: [75, 50, 225, 150],
    confidence: 1,
  });
});
