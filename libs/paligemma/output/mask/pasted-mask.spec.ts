import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { areaOf, bitmapOf, boundsOf, maskOfBitmap, type BoxedMask } from './boxed-mask.js';
import { encodePng } from './encode-png.js';
import { pasteMask } from './paste-mask.js';
import { decodeRuns, encodeRuns, runsOf } from './run-lengths.js';

interface Coded {
  readonly counts: string;
  readonly area: number;
  readonly bounds: readonly number[];
}

interface Pasted extends Coded {
  readonly mask: number;
  readonly width: number;
  readonly height: number;
  readonly box: [number, number, number, number];
}

interface Goldens {
  readonly pasted: readonly Pasted[];
  readonly hashed: readonly (Omit<Pasted, 'counts'> & { readonly counts_sha256: string })[];
  readonly drawn: readonly (Coded & { readonly rows: readonly string[] })[];
}

const GOLDEN = fileURLToPath(new URL('../../../../test/fixtures/masks/golden', import.meta.url));
const goldens = JSON.parse(readFileSync(`${GOLDEN}.json`, 'utf8')) as Goldens;
const masks = new Float32Array(Uint8Array.from(readFileSync(`${GOLDEN}.f32`)).buffer);
const maskOf = (index: number): Float32Array => masks.subarray(index * 4096, (index + 1) * 4096);

const coded = (mask: BoxedMask): Coded => ({
  counts: encodeRuns(mask).counts,
  area: areaOf(mask),
  bounds: boundsOf(mask),
});

/** A mask of any bits in a box anywhere in an image. */
const anyMask = fc
  .record({
    x: fc.nat(9),
    y: fc.nat(9),
    boxWidth: fc.integer({ min: 1, max: 9 }),
    boxHeight: fc.integer({ min: 1, max: 9 }),
    right: fc.nat(5),
    below: fc.nat(5),
    bits: fc.uint8Array({ minLength: 81, maxLength: 81, max: 1 }),
  })
  .map(({ right, below, bits, ...box }) => {
    const { x, y, boxWidth, boxHeight } = box;
    const place = { ...box, width: x + boxWidth + right, height: y + boxHeight + below };
    return maskOfBitmap(place, bits.subarray(0, boxWidth * boxHeight));
  });

/** [height, width] of the whole image. */
function wholeImage(mask: BoxedMask): Uint8Array {
  const whole = new Uint8Array(mask.width * mask.height);
  bitmapOf(mask).forEach((value, index) => {
    const row = mask.y + Math.floor(index / mask.boxWidth);
    whole[row * mask.width + mask.x + (index % mask.boxWidth)] = value;
  });
  return whole;
}

describe('a pasted mask', () => {
  it.each(goldens.pasted)('is that of Pillow and COCO: $width x $height, $box', (golden) => {
    const pasted = pasteMask(maskOf(golden.mask), golden.box, golden)!;
    const { counts, area, bounds } = golden;
    expect(coded(pasted)).toEqual({ counts, area, bounds });
  });

  it('is that of Pillow and COCO in any box', () => {
    const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
    const ours = goldens.hashed.map((golden) => {
      const { counts, area, bounds } = coded(pasteMask(maskOf(golden.mask), golden.box, golden)!);
      const { mask, width, height, box } = golden;
      return { mask, width, height, box, area, bounds, counts_sha256: sha256(counts) };
    });
    expect(ours).toEqual(goldens.hashed);
  });

  it('is none in a box of less than a pixel', () => {
    expect(pasteMask(maskOf(0), [3.2, 3, 3.9, 9], { width: 9, height: 9 })).toBeUndefined();
  });

  it('of a hundred megapixels takes little memory', () => {
    const image = { width: 12_000, height: 8_400 };
    const before = process.memoryUsage().arrayBuffers;
    const pasted = pasteMask(maskOf(0), [0, 0, 12_000, 8_400], image)!;
    // 64 numbers for each column; a bitmap of the box would take 100 MB.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20e6);
    expect(pasted.runs.length).toBeLessThan(1e6);
    expect(areaOf(decodeRuns(encodeRuns(pasted)))).toBe(areaOf(pasted));
  });
});

describe('run lengths', () => {
  it.each(goldens.drawn)('are those of COCO: $rows.length rows, area $area', (golden) => {
    const { rows, counts, area, bounds } = golden;
    const [width, height] = [rows[0]!.length, rows.length];
    const bitmap = Uint8Array.from(rows.join(''), Number);
    const place = { width, height, x: 0, y: 0, boxWidth: width, boxHeight: height };
    expect(coded(maskOfBitmap(place, bitmap))).toEqual({ counts, area, bounds });
    expect(bitmapOf(decodeRuns({ size: [height, width], counts }))).toEqual(bitmap);
  });

  it('cover the image once, and give the mask back', () => {
    fc.assert(
      fc.property(anyMask, (mask) => {
        const runs = runsOf(mask);
        expect(runs.reduce((total, run) => total + run, 0)).toBe(mask.width * mask.height);
        expect(runs.slice(1).every((run) => run > 0)).toBe(true);
        const decoded = decodeRuns(encodeRuns(mask));
        expect(bitmapOf(decoded)).toEqual(wholeImage(mask));
        expect([areaOf(decoded), boundsOf(decoded)]).toEqual([areaOf(mask), boundsOf(mask)]);
      }),
    );
  });

  it('from elsewhere give a mask or an error that says so', () => {
    const text = fc.oneof(
      fc.string({
        unit: fc.integer({ min: 48, max: 111 }).map((code) => String.fromCharCode(code)),
      }),
      fc.string({ unit: 'binary' }),
    );
    const side = fc.oneof(fc.integer({ min: -1, max: 20 }), fc.double());
    fc.assert(
      fc.property(text, side, side, (counts, height, width) => {
        try {
          const { runs } = decodeRuns({ size: [height, width], counts });
          expect(runs.reduce((total, run) => total + run, 0)).toBe(height * width);
        } catch (error) {
          expect(error).toMatchObject({ code: 'mask.bad_rle' });
        }
      }),
      { numRuns: 1000 },
    );
    expect(() => decodeRuns({ size: [2, 2], counts: 'o'.repeat(1e6) })).toThrow(/run lengths/);
  });
});

describe('encodePng', () => {
  it('writes the whole image, white inside, and nothing but pixels', async () => {
    await fc.assert(
      fc.asyncProperty(anyMask, async (mask) => {
        const png = await encodePng(mask);
        const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
        expect([info.width, info.height]).toEqual([mask.width, mask.height]);
        const gray = data.filter((_, index) => index % info.channels === 0);
        expect(Uint8Array.from(gray, (value) => value / 255)).toEqual(wholeImage(mask));
        expect(png.toString('latin1')).not.toMatch(/tEXt|zTXt|iTXt|tIME|eXIf/);
      }),
      { numRuns: 40 },
    );
  });
});
