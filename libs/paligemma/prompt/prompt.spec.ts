import { readFileSync } from 'node:fs';
import { Tokenizer } from '@huggingface/tokenizers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { taskSchema } from '#contracts';
import { layoutPrompt, type PromptLayout } from './prompt-layout.js';
import { stripEnd, taskPrompt } from './task-prompt.js';

const fixture = (path: string) =>
  JSON.parse(readFileSync(new URL(`../../../test/fixtures/${path}`, import.meta.url), 'utf8'));
const golden = fixture('golden/tiny-paligemma.json') as {
  tokenizer: { text: string; input_ids: number[]; plain_ids: number[] }[];
};
const IMAGE_TOKEN = 1664;

function layout(): PromptLayout {
  const tokenizer = new Tokenizer(
    fixture('checkpoints/tiny-paligemma/tokenizer.json'),
    fixture('checkpoints/tiny-paligemma/tokenizer_config.json'),
  );
  const encode = (text: string) => tokenizer.encode(text, { add_special_tokens: false }).ids;
  return { imageTokens: 16, imageTokenId: IMAGE_TOKEN, bosTokenId: 2, encode };
}

describe('taskPrompt', () => {
  it.each([
    [{ type: 'caption' }, 'caption en'],
    [{ type: 'caption', language: 'es' }, 'caption es'],
    [{ type: 'answer', question: 'How many?' }, 'answer en How many?'],
    [{ type: 'answer', question: 'Combien ?', language: 'fr' }, 'answer fr Combien ?'],
    [{ type: 'detect', labels: ['cat'] }, 'detect cat'],
    [{ type: 'detect', labels: ['cat', 'red car'] }, 'detect cat ; red car'],
    [{ type: 'segment', label: 'the left person' }, 'segment the left person'],
    [{ type: 'ocr' }, 'ocr'],
    [{ type: 'prompt', prompt: 'describe en\n\n' }, 'describe en'],
  ])('%o -> %s', (task, prompt) => {
    expect(taskPrompt(taskSchema.parse(task))).toBe(prompt);
  });
});

describe('stripEnd', () => {
  it('removes every newline at the end and nothing else', () => {
    fc.assert(
      fc.property(fc.string(), fc.stringMatching(/^[\r\n]*$/), (text, newlines) => {
        const stripped = stripEnd(text + newlines);
        expect(stripped).not.toMatch(/[\r\n]$/);
        expect(text.startsWith(stripped)).toBe(true);
        expect(text.slice(stripped.length)).toMatch(/^[\r\n]*$/);
      }),
    );
  });

  it('keeps newlines inside', () => {
    expect(stripEnd('a\n\nb \n')).toBe('a\n\nb ');
  });
});

describe('layoutPrompt', () => {
  const endsPlain = golden.tokenizer.filter(({ text }) => !/[\r\n]$/.test(text));

  it.each(endsPlain)(
    'gives the ids of the reference processor for $text',
    ({ text, input_ids }) => {
      expect(layoutPrompt(text, layout())).toEqual(input_ids);
    },
  );

  it('ends every prompt in exactly one newline token', () => {
    const once = layoutPrompt('ocr', layout());
    expect(layoutPrompt('ocr\n', layout())).toEqual(once);
    expect(layoutPrompt('ocr\r\n\n', layout())).toEqual(once);
    expect(layoutPrompt('', layout()).slice(-2)).toEqual([2, 5]);
  });

  it('refuses a prompt that spells an image token', () => {
    expect(() => layoutPrompt('what is <image> here', layout())).toThrow(
      expect.objectContaining({ code: 'prompt.image_token', retryable: false }),
    );
  });

  it('has as many image tokens as the layout says, whatever the text', () => {
    const plan = layout();
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat(64), (text, imageTokens) => {
        const ids = layoutPrompt(text.replaceAll('<', ''), { ...plan, imageTokens });
        expect(ids.filter((id) => id === IMAGE_TOKEN)).toHaveLength(imageTokens);
        expect(ids[imageTokens]).toBe(2);
        expect(ids.at(-1)).toBe(5);
      }),
    );
  });
});
