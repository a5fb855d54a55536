import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { deflateSync, crc32 } from 'node:zlib';
import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodeImage } from './decode.js';
import { resizeBicubic } from './resize.js';

const WIDTH = 8;
const HEIGHT = 6;

/** Every pixel differs and no symmetry hides a flip: red grows by x, green by y. */
const pixelAt = (x: number, y: number): [number, number, number] => [x * 30, y * 40, 100];

function gradient(): Buffer {
  const pixels = Array.from({ length: WIDTH * HEIGHT }, (_, i) =>
    pixelAt(i % WIDTH, Math.floor(i / WIDTH)),
  );
  return Buffer.from(pixels.flat());
}

const raw = (channels: 1 | 2 | 3 | 4 = 3) => ({ raw: { width: WIDTH, height: HEIGHT, channels } });
const picture = () => sharp(gradient(), raw());
const plain = () => [...gradient()];
const decoded = async (bytes: Uint8Array) => [...(await decodeImage(bytes)).data];

const errorOf = (bytes: Uint8Array, options = {}) =>
  decodeImage(bytes, options).then(
    () => ({ code: 'decoded', message: '', retryable: true }),
    (error: { code: string; message: string; retryable: boolean }) => error,
  );

function pngChunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const chunk = Buffer.alloc(body.length + 8);
  chunk.writeUInt32BE(data.length, 0);
  body.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(body), body.length + 4);
  return chunk;
}

function png(width: number, height: number, bits: number, colour: number, scanlines: Uint8Array) {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([bits, colour, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    pngChunk('IHDR', header),
    pngChunk('IDAT', deflateSync(scanlines)),
    pngChunk('IEND', new Uint8Array()),
  ]);
}

describe('decodeImage', () => {
  it('gives the exact pixels of every lossless format, with its size and format', async () => {
    const files = {
      png: await picture().png().toBuffer(),
      webp: await picture().webp({ lossless: true }).toBuffer(),
      tiff: await picture().tiff({ compression: 'deflate' }).toBuffer(),
      gif: await picture().gif({ dither: 0 }).toBuffer(),
    };
    for (const [format, bytes] of Object.entries(files)) {
      const image = await decodeImage(bytes);
      expect(image).toMatchObject({ width: WIDTH, height: HEIGHT, format });
      expect([...image.data]).toEqual(plain());
    }
  });

  it('stays within JPEG noise', async () => {
    const bytes = await picture().jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer();
    const data = await decoded(bytes);
    expect(Math.max(...data.map((value, i) => Math.abs(value - plain()[i]!)))).toBeLessThan(4);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('turns EXIF orientation %i upright', async (orientation) => {
    const bytes = await picture().withMetadata({ orientation }).png().toBuffer();
    const image = await decodeImage(bytes);
    const turned = orientation >= 5;
    expect([image.width, image.height]).toEqual(turned ? [HEIGHT, WIDTH] : [WIDTH, HEIGHT]);
    const corner = [...image.data.subarray(0, 3)];
    const right = WIDTH - 1;
    const bottom = HEIGHT - 1;
    // Which stored pixel a viewer shows in the top left corner, by the EXIF standard.
    const shown = [
      [0, 0],
      [right, 0],
      [right, bottom],
      [0, bottom],
      [0, 0],
      [0, bottom],
      [right, bottom],
      [right, 0],
    ][orientation - 1]!;
    expect(corner).toEqual(pixelAt(shown[0]!, shown[1]!));
    // Its neighbour to the right lies along the stored column when the picture was turned.
    const step = [...image.data.subarray(3, 6)].map((value, i) => Math.abs(value - corner[i]!));
    expect(step).toEqual(turned ? [0, 40, 0] : [30, 0, 0]);
  });

  it('drops alpha and keeps the colour under it', async () => {
    const rgba = Buffer.from(
      Array.from({ length: WIDTH * HEIGHT }, (_, i) => [
        ...plain().slice(i * 3, i * 3 + 3),
        i,
      ]).flat(),
    );
    expect(await decoded(await sharp(rgba, raw(4)).png().toBuffer())).toEqual(plain());
  });

  it('widens gray to three equal channels', async () => {
    const gray = Buffer.from(Array.from({ length: WIDTH * HEIGHT }, (_, i) => i * 5));
    const bytes = await sharp(gray, raw(1)).toColourspace('b-w').png().toBuffer();
    expect(bytes[25]).toBe(0);
    expect(await decoded(bytes)).toEqual([...gray].flatMap((value) => [value, value, value]));
  });

  it('looks palette colours up', async () => {
    const bytes = await picture().png({ palette: true, dither: 0 }).toBuffer();
    expect(bytes[25]).toBe(3);
    expect(await decoded(bytes)).toEqual(plain());
  });

  it('keeps the high byte of 16-bit RGB and 16-bit gray', async () => {
    const samples = [0x0000, 0x7fff, 0xff00, 0x00ff, 0x1280, 0xabcd];
    const wide = Buffer.from([0, ...samples.flatMap((value) => [value >> 8, value & 255])]);
    const high = samples.map((value) => value >> 8);
    expect(await decoded(png(2, 1, 16, 2, wide))).toEqual(high);
    expect(await decoded(png(6, 1, 16, 0, wide))).toEqual(high.flatMap((v) => [v, v, v]));
  });

  it('turns CMYK into three channels near the colour', async () => {
    const red = await sharp({
      create: { width: 16, height: 16, channels: 3, background: { r: 200, g: 30, b: 40 } },
    })
      .toColourspace('cmyk')
      .jpeg({ quality: 100 })
      .toBuffer();
    const [r, g, b] = await decoded(red);
    expect(r).toBeGreaterThan(150);
    expect(Math.max(g!, b!)).toBeLessThan(110);
  });

  it('takes the first frame of an animation', async () => {
    const frames = Buffer.concat([gradient(), Buffer.alloc(WIDTH * HEIGHT * 3, 255)]);
    const strip = { width: WIDTH, height: HEIGHT * 2, channels: 3 as const, pageHeight: HEIGHT };
    const bytes = await sharp(frames, { raw: strip }).gif({ dither: 0 }).toBuffer();
    const image = await decodeImage(bytes);
    expect([image.width, image.height]).toEqual([WIDTH, HEIGHT]);
    expect([...image.data]).toEqual(plain());
  });

  it.each([
    [1, 1],
    [20000, 1],
    [1, 20000],
  ])('decodes %i x %i', async (width, height) => {
    const create = { width, height, channels: 3 as const, background: '#0a141e' };
    const image = await decodeImage(await sharp({ create }).png().toBuffer());
    expect([image.width, image.height]).toEqual([width, height]);
    expect([...image.data.subarray(-3)]).toEqual([10, 20, 30]);
  });
});

describe('decodeImage and resizeBicubic together', () => {
  const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url));
  const { photos } = JSON.parse(read('test/fixtures/resize/cases.json').toString()) as {
    photos: { file: string; decoded_sha256: string; resized_224_sha256: string }[];
  };
  const sha256 = (data: Uint8Array) => createHash('sha256').update(data).digest('hex');

  it.each(photos)('give the very bytes that Pillow gives for $file', async (golden) => {
    const image = await decodeImage(read(`examples/photos/${golden.file}`));
    expect(sha256(image.data)).toBe(golden.decoded_sha256);
    expect(sha256(resizeBicubic(image, 224, 224).data)).toBe(golden.resized_224_sha256);
  });
});

describe('decodeImage refuses', () => {
  it('0 bytes', async () => {
    expect(await errorOf(new Uint8Array())).toMatchObject({
      code: 'image.empty',
      retryable: false,
    });
  });

  it('formats outside the allow-list, by name', async () => {
    const avif = await picture().avif().toBuffer();
    const svg = Buffer.from(
      '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    );
    const text = Buffer.from('not an image, though it is called cat.png');
    for (const [bytes, word] of [
      [avif, 'AVIF'],
      [svg, 'SVG'],
      [text, 'text'],
    ] as const) {
      const error = await errorOf(bytes);
      expect(error.code).toBe('image.unsupported_format');
      expect(error.message).toContain(word);
    }
  });

  it('a blocked loader even without our sniffing', async () => {
    const avif = await picture().avif().toBuffer();
    await expect(sharp(avif).raw().toBuffer()).rejects.toThrow(/unsupported|block/i);
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>';
    await expect(sharp(Buffer.from(svg)).raw().toBuffer()).rejects.toThrow(/unsupported|block/i);
  });

  it('a JPEG cut off in its header, its middle and near its end', async () => {
    const noise = Buffer.from(Array.from({ length: 64 * 64 * 3 }, (_, i) => (i * 7919) % 251));
    const bytes = await sharp(noise, { raw: { width: 64, height: 64, channels: 3 } })
      .jpeg()
      .toBuffer();
    for (const share of [0.1, 0.5, 0.9]) {
      const cut = bytes.subarray(0, Math.floor(bytes.length * share));
      expect(await errorOf(cut)).toMatchObject({ code: 'image.undecodable', retryable: false });
    }
  });

  it('every other format cut in half', async () => {
    for (const bytes of [
      await picture().png().toBuffer(),
      await picture().webp({ lossless: true }).toBuffer(),
      await picture().tiff().toBuffer(),
    ]) {
      const error = await errorOf(bytes.subarray(0, bytes.length >> 1));
      expect(error.code).toBe('image.undecodable');
    }
  });

  it('a pixel bomb from its header alone, and says its size', async () => {
    const bomb = png(30_000, 30_000, 8, 2, new Uint8Array(1000));
    expect(bomb.length).toBeLessThan(200);
    const error = await errorOf(bomb);
    expect(error.code).toBe('image.too_many_pixels');
    expect(error.message).toContain('30000 x 30000');
  });

  it('more pixels than a lower limit of the caller', async () => {
    const bytes = await picture().png().toBuffer();
    expect((await errorOf(bytes, { limitInputPixels: 47 })).code).toBe('image.too_many_pixels');
    expect((await errorOf(bytes, { limitInputPixels: 48 })).code).toBe('decoded');
  });

  it('or decodes any damaged file: never another kind of error', async () => {
    const files = await Promise.all([
      picture().png().toBuffer(),
      picture().jpeg().toBuffer(),
      picture().gif().toBuffer(),
      picture().webp().toBuffer(),
      picture().tiff().toBuffer(),
    ]);
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...files), damage, async (file, changes) => {
        const bytes = Buffer.from(file);
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        const { code } = await errorOf(bytes, { timeoutSeconds: 5 });
        expect(code).toMatch(/^(decoded|image\.[a-z_]+)$/);
      }),
      { numRuns: 200 },
    );
  });
});
