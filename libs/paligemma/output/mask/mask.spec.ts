import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { largestDifference } from '../../golden-fixture.js';
import { parseOutput } from '../parse-output.js';
import { MaskDecoder } from './mask-decoder.js';
import { readNpz } from './npz-file.js';
import { writeRandomNpz } from './random-npz-fixture.js';
import { segmentMask } from './segment-mask.js';
import { npy } from './write-npz.js';

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
  readonly codes: readonly (readonly number[])[];
  readonly pasted: readonly Pasted[];
  readonly hashed: readonly (Omit<Pasted, 'counts'> & { readonly counts_sha256: string })[];
  readonly drawn: readonly (Coded & { readonly rows: readonly string[] })[];
}

const GOLDEN = fileURLToPath(new URL('../../../../test/fixtures/masks/golden', import.meta.url));
const goldens = JSON.parse(readFileSync(`${GOLDEN}.json`, 'utf8')) as Goldens;
const masks = new Float32Array(Uint8Array.from(readFileSync(`${GOLDEN}.f32`)).buffer);
const maskOf = (index: number): Float32Array => masks.subarray(index * 4096, (index + 1) * 4096);

let folder: string;
let path: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'masks-'));
  path = join(folder, 'vae-oid.npz');
  await writeRandomNpz(path);
});
afterAll(() => rm(folder, { recursive: true }));

describe('MaskDecoder', () => {
  it('gives the numbers of big_vision', async () => {
    const decoder = await MaskDecoder.load(path);
    for (const [mask, codes] of goldens.codes.entries()) {
      expect(largestDifference(await decoder.decode(codes), maskOf(mask))).toBeLessThan(1e-4);
    }
    await decoder.close();
  });

  it('reads a packed archive as well', async () => {
    const packed = join(folder, 'packed.npz');
    await writeRandomNpz(packed, { compress: true });
    const decoder = await MaskDecoder.load(packed);
    expect(largestDifference(await decoder.decode(goldens.codes[0]!), maskOf(0))).toBeLessThan(
      1e-4,
    );
    await decoder.close();
  });

  it.each<[string, (arrays: Map<string, Buffer>) => void, string]>([
    ['a missing array', (arrays) => arrays.delete('decoder.6.bias'), 'decoder.6.bias'],
    [
      'another shape',
      (arrays) => arrays.set('decoder.6.bias', npy([32, 2], new Float32Array(64))),
      'decoder.6.bias',
    ],
    [
      'other numbers',
      (arrays) => arrays.set('decoder.6.bias', npy([32], new Float32Array(64), '<f8')),
      '<f8',
    ],
  ])('refuses %s and names it', async (_, change, text) => {
    const damaged = join(folder, 'damaged.npz');
    await writeRandomNpz(damaged, { change });
    await expect(MaskDecoder.load(damaged)).rejects.toThrow(
      expect.objectContaining({
        code: 'mask_decoder.unreadable',
        message: expect.stringContaining(text),
      }),
    );
  });

  it.each(['numpy.npz', 'numpy-packed.npz'])('reads what numpy itself wrote: %s', async (name) => {
    const arrays = await readNpz(join(dirname(GOLDEN), name), ['a', 'b', 'zeros']);
    expect(arrays.get('a')).toEqual({ shape: [2, 3], data: Float32Array.of(0, 1, 2, 3, 4, 5) });
    expect(arrays.get('b')).toEqual({ shape: [1], data: Float32Array.of(0.5) });
    expect(arrays.get('zeros')?.data).toEqual(new Float32Array(500));
  });

  it('refuses columns first: they would be read in the wrong order', async () => {
    await expect(readNpz(join(dirname(GOLDEN), 'numpy-columns.npz'), ['a'])).rejects.toThrow(
      expect.objectContaining({
        code: 'mask_decoder.unreadable',
        message: expect.stringContaining('a is not row-major'),
      }),
    );
  });

  it('refuses whatever else it is given', async () => {
    const damaged = join(folder, 'damaged.npz');
    const good = await readFile(path);
    const tail = good.length - 3000;
    const edits = fc.array(fc.tuple(fc.nat(2999), fc.nat(255)), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(edits, async (changes) => {
        const bytes = Buffer.from(good);
        for (const [at, value] of changes) bytes[tail + at] = value;
        await writeFile(damaged, bytes);
        const outcome = await readNpz(damaged, ['decoder.12.bias']).catch(
          (error: unknown) => error,
        );
        if (outcome instanceof Error)
          expect(outcome).toMatchObject({ code: 'mask_decoder.unreadable' });
      }),
      { numRuns: 60 },
    );
    for (const bytes of [Buffer.alloc(0), Buffer.from('no zip'), good.subarray(0, 9999)]) {
      await writeFile(damaged, bytes);
      await expect(MaskDecoder.load(damaged)).rejects.toThrow(
        expect.objectContaining({ code: 'mask_decoder.unreadable' }),
      );
    }
  });
});

describe('the mask of a segment answer', () => {
  it('lies in its box, as the reference pastes it, with the confidence of its own tokens', async () => {
    const decoder = await MaskDecoder.load(path);
    for (const golden of goldens.pasted.filter(({ box }) => box[2] - box[0] > 20)) {
      const { width, height, box } = golden;
      const codes = goldens.codes[golden.mask]!;
      // The next location token at or behind a pixel's edge lands in that pixel.
      const at = (pixel: number, size: number): number =>
        Math.min(1023, Math.ceil((pixel * 1024) / size));
      const corners = [
        at(box[1], height),
        at(box[0], width),
        at(box[3], height),
        at(box[2], width),
      ];
      const pieces = [
        ...corners.map((corner) => `<loc${String(corner).padStart(4, '0')}>`),
        ...codes.map((code) => `<seg${String(code).padStart(3, '0')}>`),
        ' cat',
      ];
      const tokens = pieces.map((text) => ({
        text,
        logProbability: text.startsWith('<seg') ? Math.log(0.5) : 0,
      }));
      const [parsed] = parseOutput(pieces.join(''), { width, height, tokens }).boxes;
      expect(parsed).toMatchObject({ label: 'cat', confidence: 1 });
      expect(parsed!.maskConfidence).toBeCloseTo(0.5, 10);
      const isWhole = parsed!.pixels.every((pixel, index) => Math.trunc(pixel) === box[index]);
      const mask = await segmentMask(decoder, parsed!, golden);
      // The last location ends a pixel before the edge: those boxes are another test's.
      if (isWhole)
        expect(mask).toMatchObject({ area: golden.area, rle: { counts: golden.counts } });
      else expect(mask!.area).toBeGreaterThan(0);
    }
    await decoder.close();
  });
});
