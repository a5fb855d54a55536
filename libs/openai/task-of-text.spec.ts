import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { taskPrompt } from '#paligemma';
import { taskOfText } from './task-of-text.js';

describe('taskOfText', () => {
  it.each([
    ['caption en', 'caption'],
    ['answer en How many?', 'answer'],
    ['detect cat ; red car', 'detect'],
    ['segment the left person', 'segment'],
    ['ocr', 'ocr'],
    ['caption', 'prompt'],
    ['detect  cat', 'prompt'],
    ['Is it a cat?', 'prompt'],
  ])('%s is the task %s', (text, type) => {
    expect(taskOfText(text)?.type).toBe(type);
  });

  it('asks the text to the letter, whatever it is', () => {
    const word = fc.constantFrom('caption', 'answer', 'detect', 'segment', 'ocr', 'en', ';', 'cat');
    const blank = fc.constantFrom(' ', '  ', ' ; ', '\n', '');
    const text = fc
      .array(fc.tuple(fc.oneof(word, fc.string({ unit: 'grapheme', maxLength: 8 })), blank))
      .map((parts) => parts.flat().join(''));
    fc.assert(
      fc.property(text, (asked) => {
        const task = taskOfText(asked);
        const prompt = asked.replace(/[\r\n]+$/, '');
        if (task === undefined) expect(prompt === '' || prompt.length > 2_000).toBe(true);
        else expect(taskPrompt(task)).toBe(prompt);
      }),
      { numRuns: 1_000 },
    );
  });

  it('keeps the length that was asked for', () => {
    expect(taskOfText('detect cat', 7)).toEqual({ type: 'detect', labels: ['cat'], max_tokens: 7 });
  });
});
