import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { filesOf } from '../read-export-fixture.js';
import { aBox, anAnswer, anItem, someItems, sourceOf } from '../source-fixture.js';

describe('yolo', () => {
  it('writes a line for each box, and an empty file for an image without', async () => {
    const files = await filesOf('yolo', sourceOf(someItems()));
    expect(files).toMatchObject({
      'detect/data.yaml':
        'path: .\ntrain: images\nval: images\nnames:\n  0: "cat"\n  1: "dog \\"big\\" <& é"\n',
      'detect/classes.txt': 'cat\ndog "big" <& é\n',
      'detect/labels/photo-0.txt':
        '0 0.225000 0.500000 0.250000 0.666667\n1 0.750000 0.654167 0.475000 0.641667\n',
      'detect/labels/photo-2.txt': '0 0.150000 0.266667 0.150000 0.266667\n',
      'detect/labels/photo-4.txt': '',
      'segment/labels/photo-0.txt': '',
    });
    // An L of 6 x 8 pixels at 3, 4 in a picture of 40 x 30.
    const corners = [
      [3, 4],
      [5, 4],
      [5, 10],
      [9, 10],
      [9, 12],
      [3, 12],
    ];
    const numbers = corners.map(([x, y]) => `${(x! / 40).toFixed(6)} ${(y! / 30).toFixed(6)}`);
    expect(files['segment/labels/photo-2.txt']).toBe(`0 ${numbers.join(' ')}\n`);
    expect(Object.keys(files)).not.toContain('detect/labels/photo-3.txt');
  });

  it('keeps every number within 0 and 1, for boxes and masks at any edge', async () => {
    const size = { width: 12, height: 9 };
    const bits = fc.uint8Array({ minLength: 108, maxLength: 108, max: 1 });
    await fc.assert(
      fc.asyncProperty(bits, async (mask) => {
        const boxes = [
          aBox('cat', size, [0, 0, 12, 9], mask),
          aBox('cat', size, [-1, -2, 13, 10.5]),
        ];
        const image = { ...anItem(0).image, ...size };
        const items = [anItem(0, { image, answers: [anAnswer(2, { boxes })] })];
        const files = await filesOf('yolo', sourceOf(items));
        for (const kind of ['detect', 'segment']) {
          for (const line of files[`${kind}/labels/photo-0.txt`]!.trim().split('\n')) {
            const numbers = line.split(' ').slice(1).map(Number);
            expect(numbers.every((value) => value >= 0 && value <= 1)).toBe(true);
            if (kind === 'segment' && line) expect(numbers.length % 2).toBe(0);
            if (kind === 'segment' && line) expect(numbers.length).toBeGreaterThanOrEqual(6);
          }
        }
      }),
      { numRuns: 40 },
    );
  });
});
