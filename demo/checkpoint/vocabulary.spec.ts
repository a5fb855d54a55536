import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Tokenizer } from '../../libs/paligemma/tokenizer/tokenizer.js';
import { CHARACTERS } from '../scene/plate/glyph.js';
import { vocabulary } from './vocabulary.js';
import { beginnings, words } from './words.js';

let folder: string;
let tokenizer: Tokenizer;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pallet-vocabulary-'));
  for (const [name, content] of Object.entries(vocabulary().files)) {
    await writeFile(join(folder, name), JSON.stringify(content));
  }
  tokenizer = await Tokenizer.load(folder);
});
afterAll(() => rm(folder, { recursive: true }));

describe('the vocabulary of the demo', () => {
  it('is the same each time, small, and ends with <image>', () => {
    expect(JSON.stringify(vocabulary())).toBe(JSON.stringify(vocabulary()));
    expect(tokenizer.imageId).toBe(vocabulary().tokens - 1);
    expect(vocabulary().tokens).toBeLessThan(2300);
  });

  it('has one token for every word, wherever it stands', () => {
    for (const word of beginnings()) {
      expect([word, tokenizer.encode(word).length]).toEqual([word, 1]);
    }
    for (const word of words()) {
      expect([word, tokenizer.encode(`a ${word}`).length]).toEqual([word, 2]);
      // The blank before a code is one more.
      const boxes = `<loc0001> ${word} ; <loc0002> ${word}`;
      expect([word, tokenizer.encode(boxes).length]).toEqual([word, 6]);
    }
  });

  it('has one token for every character of a plate, whatever stands beside it', () => {
    const ids = new Map([...CHARACTERS].map((each) => [each, tokenizer.encode(each)]));
    for (const id of ids.values()) expect(id).toHaveLength(1);
    for (const text of ['STOP', '7A', 'O0', '1I', ...[...CHARACTERS].map((each) => `A${each}4`)]) {
      expect(tokenizer.encode(text)).toEqual([...text].flatMap((each) => ids.get(each)!));
      expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
    }
    expect(tokenizer.encode('STOP')).toHaveLength(4);
  });

  it('gives every text back, of letters it has never merged, too', () => {
    for (const text of [
      'a red car, two dogs and a key',
      'answer en is the worker wearing a helmet?\n',
      '<loc0000><loc1023><loc0512><loc0001><seg000><seg127> dog ; cat',
      'STOP 42',
      'zebras über 東京',
    ]) {
      expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
    }
  });
});
