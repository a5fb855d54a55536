import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openCheckpoint } from '../checkpoint/checkpoint.js';
import { getTensor } from '../checkpoint/match-tensors.js';
import { readFloats } from '../checkpoint/tensor-reader.js';
import { checkpointFolder } from '../golden-fixture.js';
import { PaliGemma } from '../paligemma.js';
import { resizePositions } from './resize-positions.js';
import { rewriteCheckpoint } from './rewrite-checkpoint.js';

const BASE = checkpointFolder('tiny-paligemma');
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pallet-rewrite-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('rewriteCheckpoint', () => {
  it('stores halves, and changes no number by more than a half rounds', async () => {
    const out = join(folder, 'half');
    await rewriteCheckpoint(BASE, out, { type: 'float16' });
    const [before, after] = [await openCheckpoint(BASE), await openCheckpoint(out)];
    const types = new Set([...after.tensors.values()].map(({ type }) => type));
    expect([...types]).toEqual(['float16']);
    expect(after.config).toEqual(before.config);
    for (const [name, stored] of before.tensors) {
      const now = readFloats(getTensor(after.tensors, name));
      readFloats(stored).forEach((value, at) => {
        expect(Math.abs(now[at]! - value)).toBeLessThanOrEqual(
          Math.abs(value) * 2 ** -11 + 2 ** -25,
        );
      });
    }
  });

  it('makes a checkpoint for larger pictures, which answers', async () => {
    const { imageSize, patchSize } = (await openCheckpoint(BASE)).config.vision;
    const out = join(folder, 'large');
    await rewriteCheckpoint(BASE, out, { type: 'float32', imageSize: imageSize + 2 * patchSize });
    const engine = await PaliGemma.load(out);
    try {
      const { imageSize: size } = engine.info;
      expect(size).toBe(imageSize + 2 * patchSize);
      const image = await engine.encode(new Uint8Array(size * size * 3));
      const { tokens } = await engine.answer({ image, prompt: 'caption en', maxNewTokens: 4 });
      expect(tokens.length).toBeGreaterThan(0);
    } finally {
      await engine.close();
    }
    const config = JSON.parse(await readFile(join(out, 'config.json'), 'utf8')) as object;
    expect(config).toMatchObject({ vision_config: { image_size: imageSize + 2 * patchSize } });
  });
});

describe('resizePositions', () => {
  it('keeps corners, planes and the same size', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 9 }), fc.integer({ min: 2, max: 20 }), (from, to) => {
        const plane = (side: number): Float32Array =>
          Float32Array.from({ length: side * side }, (_, at) => {
            const [y, x] = [Math.floor(at / side), at % side];
            return 1 + (2 * y + 3 * x) / (side - 1);
          });
        const resized = resizePositions(plane(from), 1, to);
        plane(to).forEach((value, at) => expect(resized[at]).toBeCloseTo(value, 4));
      }),
    );
  });
});
