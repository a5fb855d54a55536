import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import sharp from 'sharp';
import { resizeBicubic } from '#paligemma';
import { SIDE, type Scene } from './scene.js';

/** As a JPEG file of `side` x `side` pixels: a smaller one as a model of this size would resize it. */
export async function writeScene(
  path: string,
  { pixels }: Pick<Scene, 'pixels'>,
  side = SIDE,
): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const { data } = resizeBicubic({ data: pixels, width: SIDE, height: SIDE }, side, side);
  const raw = { width: side, height: side, channels: 3 as const };
  await sharp(data, { raw }).jpeg({ quality: 95, chromaSubsampling: '4:4:4' }).toFile(path);
}
