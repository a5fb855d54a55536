import sharp from 'sharp';
import { expect, it } from 'vitest';
import { decodeImage } from '../image/decode.js';
import { parseOutput } from './parse-output.js';

/** Upright: 64 x 32, so that the bins of a location are whole pixels; an object from 8, 4 to 40, 20. */
const WIDTH = 64;
const HEIGHT = 32;
const OBJECT = [8, 4, 40, 20] as const;
/** y1 x1 y2 x2 of 1024: what a model that sees the upright picture writes. */
const ANSWER = '<loc0128><loc0128><loc0640><loc0640> cat';
const RED = [250, 10, 20];
const BLUE = [10, 20, 250];

type Place = readonly [x: number, y: number];
const right = WIDTH - 1;
const bottom = HEIGHT - 1;

/** Where a file of this EXIF orientation stores the pixel that is shown at u, v (CIPA DC-008, Orientation). */
const storedAt: Record<number, (u: number, v: number) => Place> = {
  1: (u, v) => [u, v],
  2: (u, v) => [right - u, v],
  3: (u, v) => [right - u, bottom - v],
  4: (u, v) => [u, bottom - v],
  5: (u, v) => [v, u],
  6: (u, v) => [v, right - u],
  7: (u, v) => [bottom - v, right - u],
  8: (u, v) => [bottom - v, u],
};

const isInside = ([x1, y1, x2, y2]: readonly number[], x: number, y: number): boolean =>
  x >= x1! && x < x2! && y >= y1! && y < y2!;

function file(orientation: number): Promise<Buffer> {
  const [width, height] = orientation < 5 ? [WIDTH, HEIGHT] : [HEIGHT, WIDTH];
  const pixels = Buffer.alloc(WIDTH * HEIGHT * 3);
  for (let v = 0; v < HEIGHT; v++) {
    for (let u = 0; u < WIDTH; u++) {
      const [x, y] = storedAt[orientation]!(u, v);
      pixels.set(isInside(OBJECT, u, v) ? RED : BLUE, (y * width + x) * 3);
    }
  }
  const raw = { width, height, channels: 3 as const };
  return sharp(pixels, { raw }).withMetadata({ orientation }).png().toBuffer();
}

it.each([1, 2, 3, 4, 5, 6, 7, 8])('a box lies round its object, EXIF %i', async (orientation) => {
  const image = await decodeImage(await file(orientation));
  const [box] = parseOutput(ANSWER, image).boxes;
  expect(box!.pixels).toEqual(OBJECT);
  expect([image.width, image.height]).toEqual([WIDTH, HEIGHT]);
  const colours = Array.from({ length: WIDTH * HEIGHT }, (_, index) => [
    ...image.data.subarray(index * 3, index * 3 + 3),
  ]);
  const wanted = colours.map((_, index) =>
    isInside(box!.pixels, index % WIDTH, Math.floor(index / WIDTH)) ? RED : BLUE,
  );
  expect(colours).toEqual(wanted);
});
