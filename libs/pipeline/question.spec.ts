import { describe, expect, it } from 'vitest';
import type { Task } from '#contracts';
import { taskDigest } from './question.js';

const digest = (task: object) => taskDigest(task as Task)?.toString('hex');

describe('taskDigest', () => {
  it('takes the order of fields and absent values for no difference', () => {
    expect(digest({ type: 'caption', language: 'en', max_tokens: undefined })).toBe(
      digest({ language: 'en', type: 'caption' }),
    );
  });

  it('tells every parameter apart', () => {
    const tasks = [
      { type: 'caption', language: 'en' },
      { type: 'caption', language: 'de' },
      { type: 'caption', language: 'en', max_tokens: 20 },
      { type: 'detect', labels: ['cat', 'dog'] },
      { type: 'detect', labels: ['dog', 'cat'] },
      { type: 'segment', label: 'cat' },
      { type: 'ocr' },
    ];
    expect(new Set(tasks.map(digest)).size).toBe(tasks.length);
  });

  it('has none for an answer that is drawn by chance', () => {
    expect(digest({ type: 'ocr', temperature: 0.7 })).toBeUndefined();
    expect(digest({ type: 'ocr', temperature: 0 })).toBeDefined();
  });
});
