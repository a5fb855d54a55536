import { cp, mkdtemp, open, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { AppError } from '#contracts';
import type { Precision } from '../checkpoint/checkpoint.js';
import { readSafetensors } from '../checkpoint/safetensors-file.js';
import { WEIGHTS } from '../engine-folder/manifest.js';
import { openModel } from '../engine-folder/open-model.js';
import { verifyEngineFolder } from '../engine-folder/verify-engine-folder.js';
import { checkpointFolder, goldenPicture, loadGolden } from '../golden-fixture.js';
import { PaliGemma } from '../paligemma.js';
import { openMaskDecoder } from '../output/mask/open-mask-decoder.js';
import { writeRandomNpz } from '../output/mask/random-npz-fixture.js';
import { importCheckpoint, type ImportOptions } from './import-checkpoint.js';

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

async function setup(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'import-'));
  folders.push(folder);
  return folder;
}

async function imported(source: string, options: ImportOptions): Promise<string> {
  const target = join(await setup(), 'engine');
  await importCheckpoint(checkpointFolder(source), target, options);
  return target;
}

/** Gives each token the row of another, so that every answer changes. */
async function turnHeadUpsideDown(path: string): Promise<void> {
  const head = (await readSafetensors(path)).find(({ name }) => name === 'lm_head.weight')!;
  const file = await open(path, 'r+');
  const bytes = Buffer.alloc(head.bytes);
  await file.read(bytes, 0, head.bytes, head.offset);
  const [rows, size] = [head.shape[0]!, head.bytes / head.shape[0]!];
  for (let row = 0; row < rows; row++) {
    const other = bytes.subarray((rows - 1 - row) * size, (rows - row) * size);
    await file.write(other, 0, size, head.offset + row * size);
  }
  await file.close();
}

interface Answers {
  readonly tokens: readonly (readonly number[])[];
  readonly logProbabilities: readonly number[];
}

async function answers(folder: string, golden: string, count = 12): Promise<Answers> {
  const model = await PaliGemma.load(folder, { slots: 4 });
  try {
    const { imageSize } = model.info;
    const asked = loadGolden(golden).golden.generation.slice(0, count);
    const given = await Promise.all(
      asked.map(async ({ image_seed: seed, prompt, max_new_tokens: maxNewTokens }) => {
        const image = await model.encode(goldenPicture(seed, imageSize));
        return model.answer({ image, prompt, maxNewTokens });
      }),
    );
    return {
      tokens: given.map(({ tokens }) => tokens),
      logProbabilities: given.map(({ logProbabilities }) => logProbabilities[0]!),
    };
  } finally {
    await model.close();
  }
}

const MODELS = [
  ['tiny-paligemma', 'tiny-paligemma'],
  ['tiny-paligemma-layout-b', 'tiny-paligemma'],
  ['tiny-paligemma-layout-c', 'tiny-paligemma'],
  ['tiny-paligemma2', 'tiny-paligemma2'],
] as const;

describe('importCheckpoint', () => {
  it.each(MODELS)('keeps every number of %s in f32', async (name, golden) => {
    const folder = await imported(name, { precision: 'f32' });
    expect(await answers(folder, golden)).toEqual(await answers(checkpointFolder(name), golden));
  });

  it.each<[Precision, number]>([
    ['f32', 0],
    ['f16', 0.01],
    ['int8', 0.3],
  ])('keeps a head that is no copy of the embedding: %s', async (precision, tolerance) => {
    const folder = await setup();
    const source = join(folder, 'source');
    await cp(checkpointFolder('tiny-paligemma-layout-b'), source, { recursive: true });
    await turnHeadUpsideDown(join(source, 'model.safetensors'));
    const target = join(folder, 'engine');
    await importCheckpoint(source, target, { precision });
    await expect(verifyEngineFolder(target)).resolves.toBeDefined();
    const exact = await answers(source, 'tiny-paligemma', 4);
    const tied = await answers(checkpointFolder('tiny-paligemma'), 'tiny-paligemma', 4);
    expect(exact.tokens).not.toEqual(tied.tokens);
    const actual = await answers(target, 'tiny-paligemma', 4);
    for (const [index, value] of exact.logProbabilities.entries()) {
      expect(Math.abs(actual.logProbabilities[index]! - value)).toBeLessThanOrEqual(tolerance);
    }
  });

  it('keeps the tiny checkpoints in f16 too: their numbers fit', async () => {
    const folder = await imported('tiny-paligemma', { precision: 'f16' });
    expect(await answers(folder, 'tiny-paligemma')).toEqual(
      await answers(checkpointFolder('tiny-paligemma'), 'tiny-paligemma'),
    );
  });

  it.each<[Precision, string, number]>([
    ['int8', 'tiny-paligemma', 0.2],
    ['int8', 'tiny-paligemma2', 0.2],
    ['int4', 'tiny-paligemma', 1],
    ['int4', 'tiny-paligemma2', 1],
  ])('stays near in %s: %s', async (precision, name, tolerance) => {
    const folder = await imported(name, { precision });
    const exact = await answers(checkpointFolder(name), name);
    const near = await answers(folder, name);
    const differences = exact.logProbabilities.map((value, index) =>
      Math.abs(near.logProbabilities[index]! - value),
    );
    const mean = differences.reduce((sum, value) => sum + value) / differences.length;
    expect(mean).toBeGreaterThan(0);
    expect(mean).toBeLessThan(tolerance);
  });

  it('says what it made, and verifies it', async () => {
    const target = join(await setup(), 'engine');
    const manifest = await importCheckpoint(checkpointFolder('tiny-paligemma2'), target, {
      precision: 'int8',
      source: { name: 'google/tiny', revision: 'abc' },
    });
    expect(manifest).toMatchObject({
      family: 'paligemma2',
      precision: 'int8',
      vocabularySize: 1664,
      source: { name: 'google/tiny', revision: 'abc' },
      createdBy: expect.stringMatching(/^\d+\.\d+\.\d+/),
    });
    await expect(verifyEngineFolder(target)).resolves.toEqual(manifest);
  });

  it('reports progress to the end', async () => {
    const seen: { bytes: number; total: number }[] = [];
    await imported('tiny-paligemma', { precision: 'int8', onProgress: (now) => seen.push(now) });
    expect(seen.at(-1)!.bytes).toBe(seen.at(-1)!.total);
    expect(seen.map(({ bytes }) => bytes)).toEqual(
      seen.map(({ bytes }) => bytes).toSorted((a, b) => a - b),
    );
  });

  it.each(['config.json', 'weights.safetensors', 'tokenizer.json'])(
    'notices a changed byte of %s',
    async (name) => {
      const folder = await imported('tiny-paligemma', { precision: 'int8' });
      const file = await open(join(folder, name), 'r+');
      const { size } = await file.stat();
      const byte = Buffer.alloc(1);
      await file.read(byte, 0, 1, size - 2);
      await file.write(Buffer.of(byte[0]! ^ 1), 0, 1, size - 2);
      await file.close();
      await expect(verifyEngineFolder(folder)).rejects.toThrow(
        expect.objectContaining({
          code: 'engine_folder.changed',
          message: expect.stringContaining(name),
        }),
      );
    },
  );

  it('refuses to load a cut file', async () => {
    const folder = await imported('tiny-paligemma', { precision: 'int8' });
    await truncate(join(folder, WEIGHTS), 100_000);
    await expect(PaliGemma.load(folder)).rejects.toThrow(
      expect.objectContaining({ code: 'checkpoint.unreadable' }),
    );
  });

  it('opens, or says why not, whatever bytes of manifest and header are changed', async () => {
    const folder = await imported('tiny-paligemma', { precision: 'int4' });
    const weights = join(folder, WEIGHTS);
    const manifest = join(folder, 'engine.json');
    const [header, text] = [
      (await readFile(weights)).subarray(0, 12_000),
      await readFile(manifest),
    ];
    const file = await open(weights, 'r+');
    const edits = fc.array(fc.tuple(fc.boolean(), fc.nat(11_999), fc.nat(255)), {
      minLength: 1,
      maxLength: 3,
    });
    await fc.assert(
      fc.asyncProperty(edits, async (changes) => {
        const [first, second] = [Buffer.from(header), Buffer.from(text)];
        for (const [isHeader, place, value] of changes) {
          const bytes = isHeader ? first : second;
          bytes[place % bytes.length] = value;
        }
        await file.write(first, 0, first.length, 0);
        await writeFile(manifest, second);
        const outcome = await openModel(folder).catch((error: unknown) => error);
        if (outcome instanceof Error) expect(outcome).toBeInstanceOf(AppError);
      }),
      { numRuns: 200 },
    );
    await file.close();
  });

  it('refuses a manifest of another precision than the weights', async () => {
    const folder = await imported('tiny-paligemma', { precision: 'int8' });
    const manifest = await verifyEngineFolder(folder);
    await writeFile(
      join(folder, 'engine.json'),
      JSON.stringify({ ...manifest, precision: 'int4' }),
    );
    await expect(PaliGemma.load(folder)).rejects.toThrow(
      expect.objectContaining({ code: 'engine_folder.unreadable' }),
    );
  });

  it('leaves nothing behind when it is stopped, and takes the second try', async () => {
    const folder = await setup();
    const target = join(folder, 'engine');
    const controller = new AbortController();
    const stopped = importCheckpoint(checkpointFolder('tiny-paligemma'), target, {
      precision: 'int8',
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    await expect(stopped).rejects.toThrow('aborted');
    expect(await readdir(folder)).toEqual([]);
    await importCheckpoint(checkpointFolder('tiny-paligemma'), target, { precision: 'int8' });
    expect(await readdir(folder)).toEqual(['engine']);
  });

  it('does not overwrite', async () => {
    const folder = await setup();
    await expect(
      importCheckpoint(checkpointFolder('tiny-paligemma'), folder, { precision: 'f32' }),
    ).rejects.toThrow(expect.objectContaining({ code: 'import.exists' }));
  });
});

describe('a mask decoder', () => {
  it('is kept in the engine folder, and checked first', async () => {
    const folder = await setup();
    const maskDecoder = join(folder, 'masks.npz');
    const options: ImportOptions = { precision: 'f32', maskDecoder };
    const target = join(folder, 'engine');
    await writeFile(maskDecoder, 'no archive');
    await expect(
      importCheckpoint(checkpointFolder('tiny-paligemma'), target, options),
    ).rejects.toThrow(expect.objectContaining({ code: 'mask_decoder.unreadable' }));
    await writeRandomNpz(maskDecoder);
    const { files } = await importCheckpoint(checkpointFolder('tiny-paligemma'), target, options);
    expect(files.map(({ name }) => name)).toContain('vae-oid.npz');
    const decoder = await openMaskDecoder(target);
    expect(await decoder!.decode(Array(16).fill(3))).toHaveLength(64 * 64);
    await decoder!.close();
  });
});
