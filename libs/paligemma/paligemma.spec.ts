import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { checkpointFolder, goldenPicture, loadGolden } from './golden-fixture.js';
import { PaliGemma, type LoadOptions } from './paligemma.js';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function setup(options: LoadOptions = {}, folder = checkpointFolder('tiny-paligemma')) {
  const model = await PaliGemma.load(folder, { threads: 1, ...options });
  cleanups.push(() => model.close());
  return model;
}

async function copied(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'paligemma-'));
  cleanups.push(() => rm(folder, { recursive: true }));
  await cp(checkpointFolder('tiny-paligemma'), folder, { recursive: true });
  return folder;
}

const withCode = (code: string) => expect.objectContaining({ code });
const picture = goldenPicture(1, 56);

describe('PaliGemma', () => {
  it('describes the model', async () => {
    const { info } = await setup();
    expect(info).toEqual({
      family: 'paligemma',
      precision: 'f32',
      imageSize: 56,
      imageTokens: 16,
      vocabularySize: 1664,
      layers: 3,
      parameters: expect.any(Number),
    });
    expect((await setup({}, checkpointFolder('tiny-paligemma2'))).info.family).toBe('paligemma2');
  });

  it('answers many prompts about one encoded picture', async () => {
    const model = await setup({ slots: 3 });
    const image = await model.encode(picture);
    const ask = (prompt: string) => model.answer({ image, prompt, maxNewTokens: 6 });
    const together = await Promise.all(['caption en', 'detect cat', 'ocr'].map(ask));
    const again = [await ask('caption en'), await ask('detect cat'), await ask('ocr')];
    expect(together.map(({ tokens }) => tokens)).toEqual(again.map(({ tokens }) => tokens));
    expect(together[0]!.tokens).not.toEqual(together[1]!.tokens);
  });

  it('gives each token its own text, and the eos none', async () => {
    const model = await setup();
    const golden = loadGolden('tiny-paligemma').golden.generation.find(
      ({ end_reason, generated_ids }) => end_reason === 'eos' && generated_ids.length > 5,
    )!;
    const image = await model.encode(goldenPicture(golden.image_seed, 56));
    const { pieces, text, tokens, timings } = await model.answer({
      image,
      prompt: golden.prompt,
    });
    expect(pieces).toHaveLength(tokens.length);
    expect(pieces.at(-1)).toBe('');
    expect(
      pieces.filter((piece) => !piece.includes('\uFFFD')).every((piece) => text.includes(piece)),
    ).toBe(true);
    expect(Math.min(...Object.values(timings))).toBeGreaterThanOrEqual(0);
  });

  it('holds no more memory for keys and values than it said', async () => {
    const model = await setup({ slots: 4, maxPromptTokens: 100, maxNewTokens: 100 });
    const { limit } = model.memory;
    expect(model.memory.held).toBe(0);
    const image = await model.encode(picture);
    const asks = Array.from({ length: 12 }, (_, index) =>
      model.answer({ image, prompt: 'a '.repeat(index * 4), maxNewTokens: 1 + index * 9 }),
    );
    await Promise.all(asks);
    expect(model.memory.held).toBeGreaterThan(0);
    expect(model.memory.held).toBeLessThanOrEqual(limit);
    // layers x (key, value) x slots x heads x capacity x head size x 4 bytes
    expect(limit).toBe(3 * 2 * 4 * 1 * 256 * 24 * 4);
  });

  it('refuses pixels of another size', async () => {
    const model = await setup();
    await expect(model.encode(new Uint8Array(10))).rejects.toThrow(withCode('image.wrong_size'));
  });

  it('refuses an image that another model encoded', async () => {
    const model = await setup();
    const other = await setup({}, checkpointFolder('tiny-paligemma2'));
    const image = await other.encode(goldenPicture(1, 70));
    const asked = model.answer({ image, prompt: 'ocr' });
    await expect(asked).rejects.toThrow(withCode('image.wrong_model'));
  });

  it.each([
    ['prompt.image_token', { prompt: 'two <image>' }],
    ['prompt.too_long', { prompt: 'very '.repeat(40) }],
    ['generation.bad_length', { maxNewTokens: 0 }],
    ['generation.bad_length', { maxNewTokens: 21 }],
    ['generation.bad_length', { maxNewTokens: 1.5 }],
  ])('refuses with %s: %o', async (code, request) => {
    const model = await setup({ maxPromptTokens: 20, maxNewTokens: 20 });
    const image = await model.encode(picture);
    const asked = model.answer({ image, prompt: 'ocr', ...request });
    await expect(asked).rejects.toThrow(withCode(code));
  });

  it('closes twice as once, and answers nothing afterwards', async () => {
    const model = await setup();
    await Promise.all([model.close(), model.close()]);
    await expect(model.encode(picture)).rejects.toThrow(withCode('engine.closed'));
  });

  it('says so when damaged weights make no numbers', async () => {
    const folder = await copied();
    const weights = join(folder, 'model.safetensors');
    const bytes = await readFile(weights);
    const end = 8 + Number(bytes.readBigUInt64LE());
    const header = JSON.parse(bytes.subarray(8, end).toString());
    const [start] = header['language_model.model.norm.weight'].data_offsets;
    bytes.writeFloatLE(NaN, end + start);
    await writeFile(weights, bytes);
    const model = await setup({}, folder);
    const image = await model.encode(picture);
    const asked = model.answer({ image, prompt: 'ocr' });
    await expect(asked).rejects.toThrow(withCode('checkpoint.not_finite'));
  });

  it('refuses a tokenizer of another checkpoint', async () => {
    const folder = await copied();
    const file = join(folder, 'config.json');
    const config = JSON.parse(await readFile(file, 'utf8'));
    await writeFile(file, JSON.stringify({ ...config, image_token_index: 1600 }));
    await expect(PaliGemma.load(folder)).rejects.toThrow(withCode('checkpoint.unsupported'));
  });

  it('keeps keys and values within the bytes that it is given', async () => {
    const keyValueBytes = 4_000_000;
    const bounded = await PaliGemma.load(checkpointFolder('tiny-paligemma'), { keyValueBytes });
    expect(bounded.memory.limit).toBeLessThanOrEqual(keyValueBytes);
    const image = await bounded.encode(goldenPicture(1, bounded.info.imageSize));
    const prompts = ['ocr', 'caption en', `answer en ${'very '.repeat(200)}long?`];
    await Promise.all(
      Array.from({ length: 12 }, (_, n) =>
        bounded.answer({ image, prompt: prompts[n % 3]!, maxNewTokens: 4 }),
      ),
    );
    expect(bounded.memory.held).toBeGreaterThan(0);
    expect(bounded.memory.held).toBeLessThanOrEqual(bounded.memory.limit);
    await bounded.close();
  });
});
