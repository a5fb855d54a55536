import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resizeBicubic } from './resize.js';
import type { RgbImage } from './rgb-image.js';

interface ResizeCase {
  seed: number;
  width: number;
  height: number;
  to_width: number;
  to_height: number;
  sha256: string;
  base64?: string;
}

const goldens = JSON.parse(
  readFileSync(new URL('../../../test/fixtures/resize/cases.json', import.meta.url), 'utf8'),
) as { pillow: string; cases: ResizeCase[] };

function lcgImage(seed: number, width: number, height: number): RgbImage {
  const data = new Uint8Array(width * height * 3);
  let state = seed >>> 0;
  for (let i = 0; i < data.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    data[i] = state >>> 24;
  }
  return { data, width, height };
}

const side = fc.integer({ min: 1, max: 40 });

const resizeCase = (golden: ResizeCase): Uint8Array =>
  resizeBicubic(
    lcgImage(golden.seed, golden.width, golden.height),
    golden.to_width,
    golden.to_height,
  ).data;

describe(`resizeBicubic gives the bytes of Pillow ${goldens.pillow}`, () => {
  it.each(goldens.cases)('$width x $height -> $to_width x $to_height', (golden) => {
    const digest = createHash('sha256').update(resizeCase(golden)).digest('hex');
    expect(digest).toBe(golden.sha256);
  });

  // The same small cases again, so that a failure shows which values differ.
  it.each(goldens.cases.filter((golden) => golden.base64 !== undefined))(
    'every value of $width x $height -> $to_width x $to_height',
    (golden) => {
      expect([...resizeCase(golden)]).toEqual([...Buffer.from(golden.base64 ?? '', 'base64')]);
    },
  );
});

describe('resizeBicubic', () => {
  it('keeps a single colour at every size', () => {
    fc.assert(
      fc.property(
        side,
        side,
        side,
        side,
        fc.uint8Array({ minLength: 3, maxLength: 3 }),
        (...args) => {
          const [width, height, toWidth, toHeight, colour] = args;
          const data = new Uint8Array(width * height * 3).map((_, i) => colour[i % 3]!);
          const resized = resizeBicubic({ data, width, height }, toWidth, toHeight);
          expect(resized.data.every((value, i) => value === colour[i % 3])).toBe(true);
        },
      ),
    );
  });

  it('treats the colours as three separate planes', () => {
    fc.assert(
      fc.property(fc.nat(), side, side, side, side, (seed, width, height, toWidth, toHeight) => {
        const source = lcgImage(seed, width, height);
        const red = source.data.map((_, i) => source.data[i - (i % 3)]!);
        const both = resizeBicubic(source, toWidth, toHeight);
        const gray = resizeBicubic({ ...source, data: red }, toWidth, toHeight);
        expect(gray.data.every((value, i) => value === both.data[i - (i % 3)])).toBe(true);
      }),
    );
  });

  it('gives a copy when nothing changes, so that the caller may write into it', () => {
    const source = lcgImage(1, 5, 4);
    const same = resizeBicubic(source, 5, 4);
    expect(same.data).toEqual(source.data);
    expect(same.data.buffer).not.toBe(source.data.buffer);
  });

  it('refuses sides below 1 and data of another size', () => {
    expect(() => resizeBicubic(lcgImage(1, 2, 2), 0, 2)).toThrow(RangeError);
    expect(() => resizeBicubic(lcgImage(1, 2, 2), 2.5, 2)).toThrow(RangeError);
    expect(() => resizeBicubic({ data: new Uint8Array(5), width: 1, height: 2 }, 2, 2)).toThrow(
      /6 bytes/,
    );
  });
});
