/**
 * An engine that finds colours: it reads a picture as the real one does, upright, and its boxes and masks can be checked
 * against the picture itself. `segment red` gets box and mask of all that is red, `detect blue` a box; other tasks nothing.
 * `engine.json` in the model directory sets `itemMs`.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer, Box, HostResult, Task } from '#contracts';
import { areaOf, decodeImage, encodeRuns, maskOfBitmap, type RgbImage } from '#paligemma/pictures';

/** As PaliGemma's location tokens: a corner is a multiple of this. */
const STEP = 1 / 1024;
/** Between the grey of a ground, which a JPEG moves a little, and a colour. */
const MIDDLE = 190;
const CHANNELS: Readonly<Record<string, number>> = { red: 0, green: 1, blue: 2 };

interface ColourRequest {
  readonly bytes: Uint8Array;
  readonly tasks: readonly Task[];
}

export async function openEngine({ modelDirectory }: { readonly modelDirectory: string }) {
  const settings = await readFile(join(modelDirectory, 'engine.json'), 'utf8');
  const { itemMs } = JSON.parse(settings) as { itemMs: number };
  return {
    model: { family: 'colour', imageSize: 1, parameters: 0, revision: 'colour' },
    analyse: async ({ bytes, tasks }: ColourRequest): Promise<HostResult> => {
      const image = await decodeImage(bytes);
      if (itemMs > 0) await sleep(itemMs);
      const { width, height } = image;
      const answers = tasks.map((task, index) => answerOf(image, task, index));
      return { answers, width, height, timings: { decode_ms: 0, encode_ms: 0, generate_ms: 0 } };
    },
    close: async (): Promise<void> => undefined,
  };
}

function answerOf(image: RgbImage, task: Task, index: number): Answer {
  const labels = task.type === 'detect' ? task.labels : task.type === 'segment' ? [task.label] : [];
  const boxes = labels.flatMap((label) => findColour(image, label, task.type === 'segment'));
  return {
    task: index,
    prompt: `find ${labels.join(' ; ')}`,
    raw: '',
    text: '',
    boxes,
    confidence: 1,
    tokens: 1,
    end_reason: 'eos',
    warnings: [],
  };
}

function findColour(image: RgbImage, label: string, withMask: boolean): Box[] {
  const channel = CHANNELS[label];
  if (channel === undefined) return [];
  const { width, height } = image;
  const bitmap = bitmapOfColour(image, channel);
  const at = [...bitmap.keys()].filter((i) => bitmap[i] === 1);
  if (at.length === 0) return [];
  const columns = at.map((i) => i % width);
  const rows = at.map((i) => Math.floor(i / width));
  const edges = [least(columns), least(rows), most(columns) + 1, most(rows) + 1] as const;
  const sides = [width, height, width, height] as const;
  const box = edges.map((edge, i) => Math.round(edge / sides[i]! / STEP) * STEP) as Box['box'];
  const pixels = box.map((value, i) => value * sides[i]!) as Box['pixels'];
  return [{ label, box, pixels, confidence: 1, ...(withMask && { mask: maskOf(image, bitmap) }) }];
}

function maskOf({ width, height }: RgbImage, bitmap: Uint8Array): NonNullable<Box['mask']> {
  const mask = maskOfBitmap(
    { width, height, x: 0, y: 0, boxWidth: width, boxHeight: height },
    bitmap,
  );
  const { size, counts } = encodeRuns(mask);
  return { rle: { size: [...size], counts }, area: areaOf(mask), confidence: 1 };
}

/** One byte a pixel, row by row: 1 where one channel is high and the others are low. */
const bitmapOfColour = ({ data, width, height }: RgbImage, channel: number): Uint8Array =>
  Uint8Array.from({ length: width * height }, (_, i) =>
    [0, 1, 2].every((other) => data[i * 3 + other]! > MIDDLE === (other === channel)) ? 1 : 0,
  );

const least = (values: readonly number[]): number => values.reduce((a, b) => Math.min(a, b));
const most = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b));
