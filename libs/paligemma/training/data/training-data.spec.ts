import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { textLines } from './text-lines.js';
import { TrainingData } from './training-data.js';
import type { TrainingExample } from './training-example.js';

const tokenizer = {
  bosId: 2,
  eosId: 1,
  imageId: 3,
  encode: (text: string) => Array.from(text, (letter) => letter.charCodeAt(0)),
};
const limits = { tokenizer, textTokens: 30, vocabularySize: 256 };

let folder: string;
let jpeg: Buffer;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pallet-data-'));
  const grey = { width: 8, height: 8, channels: 3, background: '#808080' } as const;
  jpeg = await sharp({ create: grey }).jpeg().toBuffer();
  await writeFile(join(folder, 'good.jpg'), jpeg);
});
afterEach(() => rm(folder, { recursive: true }));

const good = { image: 'good.jpg', prefix: 'caption', suffix: 'grey' };

async function openLines(
  lines: readonly (object | string)[],
  pack = 1,
): Promise<TrainingData<TrainingExample>> {
  const path = join(folder, 'data.jsonl');
  const texts = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line)));
  await writeFile(path, texts.join('\n'));
  return TrainingData.open(path, textLines(limits, pack));
}

async function faultsOf(lines: readonly (object | string)[]): Promise<[number, string][]> {
  const error = await openLines(lines).catch((caught: unknown) => caught);
  expect(error).toMatchObject({ code: 'training.bad_data' });
  const { context } = error as { context: { lines: { line: number; detail: string }[] } };
  return context.lines.map(({ line, detail }) => [line, detail]);
}

/** The same file with a header that tells of another size. */
function withSize(bytes: Buffer, width: number, height: number): Buffer {
  const start = bytes.indexOf(Buffer.from([0xff, 0xc0]));
  const changed = Buffer.from(bytes);
  changed.writeUInt16BE(height, start + 5);
  changed.writeUInt16BE(width, start + 7);
  return changed;
}

describe('TrainingData', () => {
  it('reads any line again, empty ones left out', async () => {
    const data = await openLines([good, '', { ...good, suffix: 'dull grey' }, '  ']);
    expect([data.count, data.mostLabels]).toEqual([2, ['dull grey'.length + 1]]);
    const image = join(folder, 'good.jpg');
    expect(await data.read(1)).toEqual([{ ...good, image, suffix: 'dull grey' }]);
    expect(await data.read(0)).toEqual([{ ...good, image }]);
    await data.close();
  });

  it('packs lines in a row about one picture, as many as are asked for and fit', async () => {
    await writeFile(join(folder, 'other.jpg'), jpeg);
    const other = { ...good, image: 'other.jpg' };
    const long = { ...good, suffix: 'x'.repeat(limits.textTokens - 10) };
    const lines = [good, good, good, '', other, good, long, good];
    const data = await openLines(lines, 2);
    const units = await Promise.all(Array.from({ length: data.count }, (_, at) => data.read(at)));
    expect(units.map((unit) => unit.length)).toEqual([2, 1, 1, 1, 1, 1]);
    const read = units.flat().map(({ image, suffix }) => [image, suffix]);
    const given = lines.filter((line) => typeof line !== 'string');
    expect(read).toEqual(given.map(({ image, suffix }) => [join(folder, image), suffix]));
    expect(data.mostLabels).toEqual([Math.max(2 * 'grey'.length + 2, long.suffix.length + 1)]);
    await data.close();
  });

  it('tells faults in the order of the lines, whatever takes longest to find', async () => {
    const lines = Array.from({ length: 600 }, (_, n) =>
      n % 3 === 0 ? { ...good, image: `missing-${n}.jpg` } : { ...good, suffix: '' },
    );
    const faults = await faultsOf(['', ...lines.slice(0, 60), ...lines]);
    expect(faults.map(([line]) => line)).toEqual(Array.from({ length: 100 }, (_, n) => n + 2));
    expect(faults[3]![1]).toContain('missing-3.jpg: there is no such picture');
  });

  it('refuses a picture of more pixels than the engine reads, by its header', async () => {
    await writeFile(join(folder, 'huge.jpg'), withSize(jpeg, 20_000, 10_000));
    await writeFile(join(folder, 'large.jpg'), withSize(jpeg, 8_000, 8_000));
    const images = ['huge.jpg', 'large.jpg', 'huge.jpg'].map((image) => ({ ...good, image }));
    const faults = await faultsOf(images);
    expect(faults.map(([line]) => line)).toEqual([1, 3]);
    expect(faults[0]![1]).toContain('20000 x 10000 pixels, and at most 64000000');
  });

  it('refuses what is no picture', async () => {
    await writeFile(join(folder, 'text.jpg'), 'no picture');
    await writeFile(join(folder, 'empty.jpg'), '');
    await writeFile(join(folder, 'cut.jpg'), jpeg.subarray(0, 20));
    const names = ['text.jpg', 'empty.jpg', 'cut.jpg', '.'];
    const faults = await faultsOf(names.map((image) => ({ ...good, image })));
    expect(faults.map(([line]) => line)).toEqual([1, 2, 3, 4]);
  });

  it('says that there is nothing to learn from', async () => {
    await expect(openLines([''])).rejects.toMatchObject({ code: 'training.no_data' });
    await expect(
      TrainingData.open(join(folder, 'none'), textLines(limits, 1)),
    ).rejects.toMatchObject({
      code: 'training.no_data',
    });
  });
});
