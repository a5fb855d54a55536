import { copyFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerSchema, type Task } from '#contracts';
import { areaOf, boundsOf, decodeRuns } from '#paligemma';
import { writeRandomNpz } from '../../../libs/paligemma/output/mask/random-npz-fixture.js';
import type { AnalysisEngine } from './engine.js';
import { openEngine } from './paligemma-engine.js';

const WIDTH = 60;
const HEIGHT = 40;
const CHECKPOINT = fileURLToPath(
  new URL('../../../test/fixtures/checkpoints/tiny-paligemma', import.meta.url),
);

const folders: string[] = [];
const engines: AnalysisEngine[] = [];
afterAll(async () => {
  for (const engine of engines) await engine.close();
  for (const folder of folders) await rm(folder, { recursive: true });
});

async function open(options: { hasMasks: boolean }): Promise<AnalysisEngine> {
  const folder = await mkdtemp(join(tmpdir(), 'engine-'));
  folders.push(folder);
  for (const name of await readdir(CHECKPOINT)) {
    await copyFile(join(CHECKPOINT, name), join(folder, name));
  }
  if (options.hasMasks) await writeRandomNpz(join(folder, 'vae-oid.npz'));
  const engine = await openEngine({
    modelDirectory: folder,
    slots: 2,
    provider: 'cpu',
    imagePixels: 1e6,
  });
  engines.push(engine);
  return engine;
}

/** The stored pixel that EXIF shows at u, v of the upright picture. Its section 4.6.4, Orientation. */
const storedAt: readonly ((u: number, v: number) => readonly [x: number, y: number])[] = [
  (u, v) => [u, v],
  (u, v) => [WIDTH - 1 - u, v],
  (u, v) => [WIDTH - 1 - u, HEIGHT - 1 - v],
  (u, v) => [u, HEIGHT - 1 - v],
  (u, v) => [v, u],
  (u, v) => [v, WIDTH - 1 - u],
  (u, v) => [HEIGHT - 1 - v, WIDTH - 1 - u],
  (u, v) => [HEIGHT - 1 - v, u],
];

/** One upright picture without symmetry, stored as a camera held in this way stores it. */
function picture(orientation: number): Promise<Buffer> {
  const [width, height] = orientation < 5 ? [WIDTH, HEIGHT] : [HEIGHT, WIDTH];
  const pixels = Buffer.alloc(WIDTH * HEIGHT * 3);
  for (let v = 0; v < HEIGHT; v++) {
    for (let u = 0; u < WIDTH; u++) {
      const [x, y] = storedAt[orientation - 1]!(u, v);
      pixels.set([236 - u * 4, v * 6, (u * v) % 251], (y * width + x) * 3);
    }
  }
  const raw = { width, height, channels: 3 as const };
  return sharp(pixels, { raw }).withMetadata({ orientation }).png().toBuffer();
}

const SEGMENT: Task = { type: 'segment', label: 'cat', max_tokens: 44 };
const CAPTION: Task = { type: 'caption', language: 'en', max_tokens: 8 };

async function ask(engine: AnalysisEngine, orientation = 1) {
  const result = await engine.analyse({
    bytes: await picture(orientation),
    tasks: [SEGMENT, CAPTION],
    interactive: false,
    signal: new AbortController().signal,
  });
  const [segment, caption] = result.answers;
  return { ...result, segment: segment!, caption: caption! };
}

let engine: AnalysisEngine;
beforeAll(async () => {
  engine = await open({ hasMasks: true });
});

describe('an answer of the worker', () => {
  it('keeps what the model wrote: text, tokens and their log-probabilities', async () => {
    const { segment, caption } = await ask(engine);
    for (const answer of [segment, caption]) {
      expect(answerSchema.parse(answer)).toEqual(answer);
      expect(answer.token_ids).toHaveLength(answer.tokens);
      expect(answer.token_log_probabilities).toHaveLength(answer.tokens);
      const values = answer.token_log_probabilities!;
      expect(values.every((value) => value <= 0 && Number(value.toFixed(4)) === value)).toBe(true);
      const mean = values.reduce((sum, value) => sum + value, 0) / answer.tokens;
      expect(Math.exp(mean)).toBeCloseTo(answer.confidence, 3);
    }
    expect(segment.raw).toMatch(/^(<loc\d{4}>){4}(<seg\d{3}>){16}/);
  });

  it('carries the mask of each box, inside the box, with a confidence of its own', async () => {
    const { segment } = await ask(engine);
    expect(segment.boxes.length).toBeGreaterThan(0);
    for (const { pixels, segment_codes: codes, mask, confidence, label } of segment.boxes) {
      expect(label).toBe('cat');
      expect(codes).toHaveLength(16);
      const decoded = decodeRuns(mask!.rle);
      expect([decoded.width, decoded.height]).toEqual([WIDTH, HEIGHT]);
      expect(areaOf(decoded)).toBe(mask!.area);
      expect(mask!.area).toBeGreaterThan(1);
      const [x, y, width, height] = boundsOf(decoded);
      expect(x).toBeGreaterThanOrEqual(Math.trunc(pixels[0]));
      expect(y).toBeGreaterThanOrEqual(Math.trunc(pixels[1]));
      expect(x + width).toBeLessThanOrEqual(pixels[2]);
      expect(y + height).toBeLessThanOrEqual(pixels[3]);
      expect(mask!.confidence).not.toBe(confidence);
    }
    const [first] = segment.boxes;
    const codes = segment.token_log_probabilities!.slice(4, 20);
    const mean = codes.reduce((sum, value) => sum + value, 0) / 16;
    expect(first!.mask!.confidence).toBeCloseTo(Math.exp(mean), 4);
  });

  it('is of the upright picture, however the camera was held', async () => {
    const upright = await ask(engine);
    expect([upright.width, upright.height]).toEqual([WIDTH, HEIGHT]);
    for (let orientation = 2; orientation <= 8; orientation++) {
      const { answers, width, height } = await ask(engine, orientation);
      expect({ answers, width, height }).toEqual({
        answers: upright.answers,
        width: WIDTH,
        height: HEIGHT,
      });
    }
  });

  it('keeps the codes where the model has no mask decoder', async () => {
    const { segment } = await ask(await open({ hasMasks: false }));
    expect(segment.boxes.length).toBeGreaterThan(0);
    for (const box of segment.boxes) {
      expect(box.segment_codes).toHaveLength(16);
      expect(box).not.toHaveProperty('mask');
    }
  });
});
