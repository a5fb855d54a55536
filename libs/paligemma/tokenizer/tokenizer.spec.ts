import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { Tokenizer } from './tokenizer.js';

const FIXTURES = fileURLToPath(new URL('../../../test/fixtures/', import.meta.url));

interface TokenizerGolden {
  text: string;
  plain_ids: number[];
}
const golden = JSON.parse(readFileSync(`${FIXTURES}golden/tiny-paligemma.json`, 'utf8')) as {
  tokenizer: TokenizerGolden[];
  generation: { generated_ids: number[]; text: string }[];
};
const tokenizer = await Tokenizer.load(`${FIXTURES}checkpoints/tiny-paligemma`);

describe('Tokenizer gives the ids of transformers', () => {
  it.each(golden.tokenizer)('for the text $text', ({ text, plain_ids }) => {
    expect(tokenizer.encode(text)).toEqual(plain_ids);
  });

  it('and its text of every golden answer', () => {
    for (const { generated_ids, text } of golden.generation) {
      expect(tokenizer.decode(generated_ids)).toBe(text);
    }
  });
});
