import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openCheckpoint } from '../checkpoint/checkpoint.js';
import { getTensor } from '../checkpoint/match-tensors.js';
import { readFloats } from '../checkpoint/tensor-reader.js';
import { checkpointFolder } from '../golden-fixture.js';
import { recipeOf } from './recipe-fixture.js';
import { train } from './train.js';
import type { TrainingEvent } from './training-run.js';

const BASE = checkpointFolder('tiny-paligemma');
const COLOURS = ['#d02020', '#20a020', '#2030d0', '#f8f8f8'];
/** Tokens of the fixture's vocabulary, one for each colour. */
const ANSWERS = ['<loc0010>', '<loc0400>', '<seg001>', '<seg100>'];

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pallet-tower-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Pictures of two halves; the second question is what the other half shows. */
async function write(): Promise<string> {
  const lines: string[] = [];
  for (const [left, leftColour] of COLOURS.entries()) {
    for (const [right, rightColour] of COLOURS.entries()) {
      const half = (input: string) => ({
        create: { width: 16, height: 32, channels: 3 as const, background: input },
      });
      const image = `${left}${right}.png`;
      const whole = { width: 32, height: 32, channels: 3, background: leftColour } as const;
      await sharp({ create: whole })
        .composite([{ input: half(rightColour), left: 16, top: 0 }])
        .png()
        .toFile(join(folder, image));
      const points = [
        { at: [0.1, 0.1], answers: [ANSWERS[left], ANSWERS[right]] },
        { at: [0.9, 0.9], answers: [ANSWERS[right], null] },
      ];
      lines.push(JSON.stringify({ image, points }));
    }
  }
  const path = join(folder, 'points.jsonl');
  await writeFile(path, lines.join('\n'));
  return path;
}

it('learns what points of a picture show, and leaves the text model as it was', async () => {
  const data = await write();
  const events: TrainingEvent[] = [];
  const { result } = await train({
    base: BASE,
    data,
    validation: data,
    output: join(folder, 'run'),
    recipe: recipeOf({
      tuning: { kind: 'tower', questions: 2 },
      epochs: 60,
      batchSize: 8,
      learningRate: 3e-3,
      checkpointEvery: 1000,
      evaluateEvery: 1000,
    }),
    onEvent: (event) => events.push(event),
  });
  expect(events.findLast((event) => event.kind === 'evaluation')).toMatchObject({
    metrics: { 'points.0.exact_match': 1, 'points.1.exact_match': 1 },
  });
  const before = await openCheckpoint(BASE);
  const after = await openCheckpoint(result!);
  expect([...after.tensors.keys()].toSorted()).toEqual([...before.tensors.keys()].toSorted());
  const hasChanged = (name: string): boolean => {
    const [old, now] = [before, after].map(({ tensors }) => readFloats(getTensor(tensors, name)));
    return Buffer.compare(new Uint8Array(old!.buffer), new Uint8Array(now!.buffer)) !== 0;
  };
  expect(hasChanged('vision.post_layernorm.weight')).toBe(true);
  expect(hasChanged('projector.weight')).toBe(true);
  for (const name of before.tensors.keys()) {
    if (/^text\.(layers|norm)/.test(name)) expect([name, hasChanged(name)]).toEqual([name, false]);
  }
  expect(await readFile(join(folder, 'run/plot.svg'), 'utf8')).toContain('<svg');
});
