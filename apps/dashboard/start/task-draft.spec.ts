import { expect, it } from 'vitest';
import { taskSchema, type Task } from '#contracts';
import { changedTask, draftOfTask, TASK_KINDS, taskOf } from './task-draft.js';

it.each(TASK_KINDS)(
  'makes a task that the API takes of $type and its example',
  ({ type, text }) => {
    const task = taskOf({ type, text: text?.example ?? '' });
    expect(taskSchema.parse(task)).toEqual(task);
  },
);

it('wants the words that a task is about', () => {
  for (const { type, text } of TASK_KINDS) {
    if (text !== undefined) expect(taskOf({ type, text: '  ' })).toBeUndefined();
  }
  expect(taskOf({ type: 'detect', text: ' ; ,' })).toBeUndefined();
  expect(taskOf({ type: 'detect', text: 'a, b ;c' })).toEqual({
    type: 'detect',
    labels: ['a', 'b', 'c'],
  });
});

it.each<Task>([
  { type: 'caption', language: 'fr', max_tokens: 40 },
  { type: 'answer', question: 'how many?', language: 'de' },
  { type: 'detect', labels: ['dog', 'red car'], max_tokens: 77 },
  { type: 'segment', label: 'car' },
  { type: 'ocr', max_tokens: 900 },
  { type: 'prompt', prompt: 'describe en' },
])('is the same task when its draft is not changed: %j', (task) => {
  expect(changedTask(task, draftOfTask(task))).toEqual(task);
});

it('keeps of a changed task what the draft does not say, and nothing where its kind changes', () => {
  const task: Task = { type: 'answer', question: 'how many?', language: 'de', max_tokens: 5 };
  expect(changedTask(task, { type: 'answer', text: 'what colour?' })).toEqual({
    ...task,
    question: 'what colour?',
  });
  expect(changedTask(task, { type: 'segment', text: 'car' })).toEqual({
    type: 'segment',
    label: 'car',
  });
  expect(changedTask(task, { type: 'answer', text: ' ' })).toBeUndefined();
});
