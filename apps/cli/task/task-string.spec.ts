import { describe, expect, it } from 'vitest';
import { AppError } from '#contracts';
import { parseTask, taskTitle } from './task-string.js';

describe('parseTask', () => {
  it.each([
    ['caption', { type: 'caption', language: 'en' }],
    ['caption de', { type: 'caption', language: 'de' }],
    ['  answer   what is this?  ', { type: 'answer', question: 'what is this?', language: 'en' }],
    ['detect cat', { type: 'detect', labels: ['cat'] }],
    ['detect cat ; dog', { type: 'detect', labels: ['cat', 'dog'] }],
    ['detect red car, dog;', { type: 'detect', labels: ['red car', 'dog'] }],
    ['segment coffee cup', { type: 'segment', label: 'coffee cup' }],
    ['ocr', { type: 'ocr' }],
    ['prompt caption en\n', { type: 'prompt', prompt: 'caption en' }],
  ])('reads %j', (text, task) => {
    expect(parseTask(text)).toEqual(task);
  });

  it.each([
    '',
    'cat',
    'Caption',
    'caption english please',
    'answer',
    'detect',
    'detect ; ,',
    'segment ',
    'ocr everything',
    `detect ${Array.from({ length: 33 }, (_, n) => `thing${n}`).join(' ; ')}`,
  ])('refuses %j as a usage error that names it', (text) => {
    expect(() => parseTask(text)).toThrow(
      expect.objectContaining({ code: 'cli.usage', message: expect.stringContaining(text) }),
    );
    expect(() => parseTask(text)).toThrow(AppError);
  });
});

describe('taskTitle', () => {
  it.each([
    'caption',
    'caption de',
    'answer what is this?',
    'detect cat ; dog',
    'segment cat',
    'ocr',
    'prompt x',
  ])('writes %j as it was read', (text) => {
    expect(taskTitle(parseTask(text))).toBe(text);
  });
});
