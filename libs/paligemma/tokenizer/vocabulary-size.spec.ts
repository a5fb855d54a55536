import { readFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppError } from '#contracts';
import { openCheckpoint, type Checkpoint } from '../checkpoint/checkpoint.js';
import { checkpointFolder } from '../golden-fixture.js';
import { Tokenizer } from './tokenizer.js';
import { vocabularySize } from './vocabulary-size.js';

interface Added {
  id: number;
  content: string;
}
interface TokenizerFile {
  model: { vocab: Record<string, unknown> };
  added_tokens: Added[];
}

let folder: string;
let original: string;
let checkpoint: Checkpoint;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vocabulary-'));
  original = await readFile(join(checkpointFolder('tiny-paligemma'), 'tokenizer.json'), 'utf8');
  checkpoint = await openCheckpoint(checkpointFolder('tiny-paligemma'));
});
afterAll(() => rm(folder, { recursive: true }));

/** The vocabulary's size with tokenizer.json changed. */
async function sizeWith(change: (file: TokenizerFile) => void, rows = 1728): Promise<number> {
  const file = JSON.parse(original) as TokenizerFile;
  change(file);
  await writeFile(join(folder, 'tokenizer.json'), JSON.stringify(file));
  const config = { ...checkpoint.config, imageTokenId: undefined };
  return vocabularySize({ config, embeddingRows: rows }, await Tokenizer.load(folder));
}

const added = (file: TokenizerFile, content: string): Added =>
  file.added_tokens.find((token) => token.content === content)!;
const remove = (content: string) => (file: TokenizerFile) => {
  file.added_tokens = file.added_tokens.filter((token) => token.content !== content);
};
const failure = (code: string, part: string) =>
  expect.objectContaining({ code, message: expect.stringContaining(part) });

describe('vocabularySize', () => {
  it.each([1664, 1665, 1728])('takes a table of %i rows', async (rows) => {
    expect(await sizeWith(() => undefined, rows)).toBe(1664);
  });

  it.each([1663, 257_216])('refuses a table of %i rows', async (rows) => {
    await expect(sizeWith(() => undefined, rows)).rejects.toThrow(
      failure('checkpoint.unsupported', `1664 tokens, the weights have rows for ${rows}`),
    );
  });

  it('refuses words that have no row', async () => {
    await expect(sizeWith((file) => (file.model.vocab['zebra'] = 1728))).rejects.toThrow(
      failure('checkpoint.unsupported', '1729 tokens'),
    );
  });

  it.each(['<loc0000>', '<loc1023>', '<seg000>', '<seg127>', '<image>', '<eos>'])(
    'names %s when it is missing',
    async (token) => {
      const withoutIt = sizeWith((file) => {
        remove(token)(file);
        delete file.model.vocab[token];
      });
      await expect(withoutIt).rejects.toThrow(failure('checkpoint.unsupported', token));
    },
  );

  it('names the first token that is out of its row', async () => {
    const swapped = sizeWith((file) => {
      const [one, other] = [added(file, '<loc0007>'), added(file, '<loc0500>')];
      [one.id, other.id] = [other.id, one.id];
    });
    await expect(swapped).rejects.toThrow(failure('checkpoint.unsupported', '<loc0007>'));
  });
});

describe('a damaged tokenizer.json', () => {
  it.each<[string, (file: TokenizerFile) => void]>([
    ['no model', (file) => (file.model = undefined!)],
    ['a vocabulary that is a number', (file) => (file.model.vocab = 5 as never)],
    ['an id that is no number', (file) => (file.model.vocab['a'] = 'first')],
    ['an id of four billion', (file) => (file.model.vocab['a'] = 4e9)],
    ['added tokens that are a text', (file) => (file.added_tokens = 'x' as never)],
    ['an added token without content', (file) => (file.added_tokens[3] = { id: 3 } as never)],
    [
      'a normalizer that nobody knows',
      (file) => Object.assign(file, { normalizer: { type: 'x' } }),
    ],
  ])('is refused: %s', async (_, change) => {
    await expect(sizeWith(change)).rejects.toThrow(
      failure('checkpoint.unreadable', 'tokenizer.json'),
    );
  });

  it('gives a size or says why not, whatever part of it is replaced', async () => {
    const parts = fc.constantFrom(
      'model',
      'added_tokens',
      'normalizer',
      'pre_tokenizer',
      'decoder',
    );
    const inner = fc.constantFrom(undefined, 'vocab', 'merges', 'type', 0, 'content');
    await fc.assert(
      fc.asyncProperty(parts, inner, fc.jsonValue(), async (part, place, value) => {
        const outcome = await sizeWith((file) => {
          const target = (file as unknown as Record<string, unknown>)[part];
          if (place === undefined || typeof target !== 'object' || target === null)
            Object.assign(file, { [part]: value });
          else Object.assign(target, { [place]: value });
        }).catch((error: unknown) => error);
        if (outcome instanceof Error) expect(outcome).toBeInstanceOf(AppError);
        else expect(outcome).toBe(1664);
      }),
      { numRuns: 100 },
    );
  });
});
