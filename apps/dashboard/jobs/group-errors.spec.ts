import { expect, it } from 'vitest';
import type { ItemResult } from '#contracts';
import { groupErrors } from './group-errors.js';

const item = (n: number, code: string, detail: string) =>
  ({ n, error: { code, detail } }) as ItemResult;

it('makes one row of one cause, the most frequent first', () => {
  const groups = groupErrors([
    item(0, 'image.corrupt', 'cut off'),
    item(1, 'image.too_large', 'cut off'),
    item(2, 'image.too_large', 'cut off'),
    item(3, 'image.corrupt', 'no picture'),
  ]);
  expect(groups.map(({ code, detail, items }) => [code, detail, items.map(({ n }) => n)])).toEqual([
    ['image.too_large', 'cut off', [1, 2]],
    ['image.corrupt', 'cut off', [0]],
    ['image.corrupt', 'no picture', [3]],
  ]);
});
