import { expect, it } from 'vitest';
import { taskSchema } from '#contracts';
import { TASK_KINDS, taskOf } from './task-draft.js';

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
