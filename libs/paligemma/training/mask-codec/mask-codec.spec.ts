import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomStream } from '../../generation/random-stream.js';
import { GraphSession } from '../../graph/graph-session.js';
import { largestDifference } from '../../golden-fixture.js';
import { CODE_COUNT, MASK_SIZE, maskDecoderArrays } from '../../output/mask/decoder-graph.js';
import { MaskDecoder } from '../../output/mask/mask-decoder.js';
import { readNpz } from '../../output/mask/npz-file.js';
import { writeRandomNpz } from '../../output/mask/random-npz-fixture.js';
import { codecGraph, codecPorts } from './codec-graph.js';
import { codecTensors, firstWeightsOf, published } from './codec-weights.js';
import { cutMask } from './cut-mask.js';
import { keptNumber } from './kept-number.js';
import { MaskEncoder } from './mask-encoder.js';
import { trainMaskCodec, writeMaskCodec, type MaskCodec } from './train-mask-codec.js';

const PIXELS = MASK_SIZE * MASK_SIZE;

/** Turned ellipses that touch their box. */
function ellipses(count: number, seed: number): Float32Array[] {
  const random = randomStream(seed);
  return Array.from({ length: count }, () => {
    const [bend, power] = [random() * 1.6 - 0.8, 1.2 + 2 * random()];
    return Float32Array.from({ length: PIXELS }, (_, at) => {
      const x = (2 * (at % MASK_SIZE) + 1) / MASK_SIZE - 1;
      const y = (2 * Math.floor(at / MASK_SIZE) + 1) / MASK_SIZE - 1;
      return Number(Math.abs(x) ** power + Math.abs(y) ** power + bend * x * y <= 1);
    });
  });
}

function iou(mask: Float32Array, decoded: Float32Array): number {
  const pixels = [...mask.keys()];
  const both = pixels.filter((at) => mask[at]! >= 0.5 && decoded[at]! > 0).length;
  const either = pixels.filter((at) => mask[at]! >= 0.5 || decoded[at]! > 0).length;
  return both / either;
}

const train = (steps: number): Promise<MaskCodec> =>
  trainMaskCodec({ masks: ellipses(24, 1), seed: 7, steps, batchSize: 4, threads: 1 });

let folder: string;
let codec: MaskCodec;
let path: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'codec-'));
  path = join(folder, 'codec.npz');
  codec = await train(60);
  await writeMaskCodec(path, codec);
});
afterAll(() => rm(folder, { recursive: true }));

/** Mean IoU of masks that it was not trained on. */
async function quality(file: string): Promise<number> {
  const [decoder, encoder] = [await MaskDecoder.load(file), await MaskEncoder.load(file)];
  const masks = ellipses(12, 2);
  let sum = 0;
  for (const mask of masks) sum += iou(mask, await decoder.decode(encoder.encode(mask)));
  await decoder.close();
  return sum / masks.length;
}

describe('a mask codec', () => {
  it('gives masks back that it has not seen, better than before it learned', async () => {
    const first = join(folder, 'first.npz');
    await writeMaskCodec(first, await train(1));
    expect(await quality(path)).toBeGreaterThan(0.85);
    expect(await quality(path)).toBeGreaterThan((await quality(first)) + 0.2);
  });

  it('is the same, byte by byte, of the same seed', async () => {
    const files = await Promise.all(
      ['a.npz', 'b.npz'].map(async (name) => {
        const file = join(folder, name);
        await writeMaskCodec(file, await train(2));
        return readFile(file);
      }),
    );
    expect(Buffer.compare(files[0]!, files[1]!)).toBe(0);
  });

  it('is read as it was, in the layout of the published file', async () => {
    const encoder = await MaskEncoder.load(path);
    expect(Buffer.compare(bytesOf(encoder.cells), bytesOf(codec.encoder.cells))).toBe(0);
    const arrays = await readNpz(path, [...maskDecoderArrays().keys()]);
    for (const [name, shape] of maskDecoderArrays()) {
      expect(arrays.get(name)!.shape).toEqual(shape);
      expect(
        Buffer.compare(bytesOf(arrays.get(name)!.data), bytesOf(codec.decoder.get(name)!.data)),
      ).toBe(0);
    }
  });
});

describe('the graph that is trained', () => {
  it('draws many masks as the decoder draws each', async () => {
    const random = randomStream(3);
    const learned = codecTensors();
    const weights = learned.map((tensor) => {
      const cells = Float32Array.from(codec.encoder.cells, () => random());
      return { ...tensor, data: firstWeightsOf(tensor, cells, random).map(keptNumber) };
    });
    const file = join(folder, 'drawn.npz');
    const decoder = new Map(weights.map(({ name, data }) => [name, published(name, data)]));
    await writeMaskCodec(file, { encoder: codec.encoder, decoder });
    const codes = Array.from({ length: 3 }, () =>
      Array.from({ length: CODE_COUNT }, () => Math.floor(128 * random())),
    );
    const session = await GraphSession.open(codecGraph(learned, 3), { weightFolder: '/' });
    const feeds = Object.fromEntries(
      weights.map(({ name, shape, data }) => [name, new Tensor('float32', data, shape)]),
    );
    const found = await session.run(
      {
        ...feeds,
        [codecPorts.codes]: new Tensor('int64', BigInt64Array.from(codes.flat(), BigInt), [48]),
        [codecPorts.target]: new Tensor('float32', new Float32Array(3 * PIXELS), [3, 1, 64, 64]),
      },
      [codecPorts.mask],
    );
    const masks = found[codecPorts.mask].data as Float32Array;
    const single = await MaskDecoder.load(file);
    for (const [at, words] of codes.entries()) {
      const mask = masks.subarray(at * PIXELS, (at + 1) * PIXELS);
      expect(largestDifference(await single.decode(words), mask)).toBeLessThan(1e-4);
    }
    await single.close();
    await session.release();
  });
});

describe('MaskEncoder', () => {
  it('gives each cell a word of its own, whatever the others hold', () => {
    const masks = ellipses(8, 5);
    const whole = codec.encoder.encode(masks[0]!);
    for (const other of masks.slice(1)) {
      const mixed = masks[0]!.map((value, at) => {
        const isFirstCell = at % MASK_SIZE < 16 && at < 16 * MASK_SIZE;
        return isFirstCell ? value : other[at]!;
      });
      expect(codec.encoder.encode(mixed)[0]).toBe(whole[0]);
      expect(codec.encoder.encode(mixed).slice(1)).toEqual(codec.encoder.encode(other).slice(1));
    }
  });

  it('encodes a mask of its own typical cells by their words', () => {
    const { cells } = codec.encoder;
    const mask = new Float32Array(PIXELS);
    mask.forEach((_, at) => {
      const [y, x] = [Math.floor(at / MASK_SIZE), at % MASK_SIZE];
      const cell = Math.floor(y / 16) * 4 + Math.floor(x / 16);
      mask[at] = cells[cell * 256 + (y % 16) * 16 + (x % 16)]!;
    });
    const words = codec.encoder.encode(mask);
    words.forEach((word, at) => {
      const found = cells.subarray(word * 256, (word + 1) * 256);
      expect(largestDifference(found, cells.subarray(at * 256, (at + 1) * 256))).toBe(0);
    });
  });

  it('refuses a file without typical cells, and says what to do', async () => {
    const other = join(folder, 'vae-oid.npz');
    await writeRandomNpz(other);
    await expect(MaskEncoder.load(other)).rejects.toMatchObject({
      code: 'mask_encoder.missing',
      message: expect.stringContaining('Train a mask codec') as string,
    });
  });
});

describe('cutMask', () => {
  it('keeps what has the size already', () => {
    fc.assert(
      fc.property(fc.nat(100), fc.nat(100), (left, top) => {
        const width = left + 64;
        const mask = new Uint8Array(width * (top + 64)).map((_, at) => ((at * 7) % 3) & 1);
        const cut = cutMask(mask, width, [left, top, left + 64, top + 64]);
        const inBox = cut.map((_, at) => {
          const [y, x] = [top + Math.floor(at / MASK_SIZE), left + (at % MASK_SIZE)];
          return mask[y * width + x]!;
        });
        expect(largestDifference(cut, inBox)).toBe(0);
      }),
      { numRuns: 10 },
    );
  });

  it('has as much inside as the box has, at any size', () => {
    fc.assert(
      fc.property(fc.integer({ min: 8, max: 200 }), fc.integer({ min: 8, max: 200 }), (w, h) => {
        const half = new Uint8Array(w * h).map((_, at) => Number(at % w < w / 2));
        const cut = cutMask(half, w, [0, 0, w, h]);
        const share = cut.reduce((total, value) => total + value, 0) / PIXELS;
        expect(Math.abs(share - Math.ceil(w / 2) / w)).toBeLessThan(0.02);
      }),
      { numRuns: 20 },
    );
  });
});

describe('a kept number', () => {
  it('is off by a thousandth at most, and has bits to spare', () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true, min: -1000, max: 1000 }), (value) => {
        const kept = keptNumber(value);
        expect(Math.abs(kept - value)).toBeLessThanOrEqual(Math.abs(value) / 2048 + 1e-37);
        expect(keptNumber(kept)).toBe(kept);
      }),
    );
  });
});

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
