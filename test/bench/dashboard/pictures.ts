import sharp from 'sharp';
import type { Box, Task } from '#contracts';
import { areaOf, encodeRuns, maskOfBitmap } from '#paligemma/pictures';
import type { TestFile } from '../../rig/client.js';

export const TASKS: Task[] = [
  { type: 'segment', label: 'red' },
  { type: 'detect', labels: ['blue', 'red'] },
  { type: 'caption', language: 'en' },
];

/** A round red thing and a blue block, elsewhere in each picture; two of three are wide, one is tall. */
export interface Scene {
  readonly width: number;
  readonly height: number;
  readonly isRed: (x: number, y: number) => boolean;
  readonly red: Box['box'];
  readonly blue: Box['box'];
}

export function sceneOf(n: number): Scene {
  const [width, height] = n % 3 === 2 ? [427, 640] : [640, 427];
  const radius = 40 + ((n * 37) % 90);
  const [x, y] = [
    radius + ((n * 131) % (width - 2 * radius)),
    radius + ((n * 71) % (height - 2 * radius)),
  ];
  const [left, top] = [(n * 53) % (width - 140), (n * 89) % (height - 100)];
  return {
    width,
    height,
    isRed: (column, row) => (column - x) ** 2 + (row - y) ** 2 < radius ** 2,
    red: [(x - radius) / width, (y - radius) / height, (x + radius) / width, (y + radius) / height],
    blue: [left / width, top / height, (left + 120) / width, (top + 80) / height],
  };
}

/** The scene as a JPEG over a ground that no other has. */
export async function pictureOf(n: number): Promise<TestFile> {
  const { width, height, isRed, blue } = sceneOf(n);
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    const [x, y] = [i % width, Math.floor(i / width)];
    const [u, v] = [x / width, y / height];
    const isBlue = u >= blue[0] && u < blue[2] && v >= blue[1] && v < blue[3];
    const grain = (x * 13 + y * 7 + n * 31) % 40;
    data.set(
      isRed(x, y)
        ? [230, 20, 20]
        : isBlue
          ? [20, 20, 230]
          : [70 + grain, 90 + grain, 60 + ((n * 5) % 40)],
      i * 3,
    );
  }
  const raw = { width, height, channels: 3 as const };
  return {
    name: `scene-${n}.jpg`,
    bytes: await sharp(data, { raw }).jpeg({ quality: 85 }).toBuffer(),
  };
}

/** What a model would have said of it. */
export function answersOf(n: number) {
  const { width, height, isRed, red, blue } = sceneOf(n);
  const bitmap = Uint8Array.from({ length: width * height }, (_, i) =>
    isRed(i % width, Math.floor(i / width)) ? 1 : 0,
  );
  const mask = maskOfBitmap(
    { width, height, x: 0, y: 0, boxWidth: width, boxHeight: height },
    bitmap,
  );
  const boxOf = (label: string, box: Box['box'], more: object = {}) => ({
    label,
    box,
    pixels: box.map((value, i) => value * (i % 2 === 0 ? width : height)),
    confidence: 0.4 + ((n * 17) % 60) / 100,
    ...more,
  });
  const rle = encodeRuns(mask);
  const withMask = { mask: { rle, area: areaOf(mask), confidence: 0.9 } };
  const said = {
    raw: '',
    text: '',
    boxes: [],
    confidence: 0.9,
    tokens: 12,
    end_reason: 'eos',
    warnings: [],
  };
  return [
    { ...said, task: 0, prompt: 'segment red', boxes: [boxOf('red', red, withMask)] },
    {
      ...said,
      task: 1,
      prompt: 'detect blue ; red',
      boxes: [boxOf('blue', blue), boxOf('red', red)],
    },
    { ...said, task: 2, prompt: 'caption en', text: `a red disc and a blue block, picture ${n}` },
  ];
}
