import { expect, it } from 'vitest';
import type { Task } from '#contracts';
import type { Lease } from '#database';
import { askedAlike } from './asked-alike.js';

const prompt = (text: string): Task[] => [{ type: 'prompt', prompt: text }];
const lease = (...tasks: (Task[] | null)[]) =>
  ({
    tasks: [{ type: 'ocr' }],
    cache: true,
    items: tasks.map((own, n) => ({ n, name: `${n}`, sha256: 'a', tasks: own })),
  }) as unknown as Lease;

it('puts items together that are asked the same', () => {
  const parts = askedAlike(lease(prompt('a'), prompt('b'), prompt('a')));
  expect(parts.map((part) => part.items.map(({ n }) => n))).toEqual([[0, 2], [1]]);
  expect(parts.map((part) => part.tasks)).toEqual([prompt('a'), prompt('b')]);
});

it('leaves a lease whose job names the tasks as it is', () => {
  const whole = lease(null, null);
  expect(askedAlike(whole)).toEqual([whole]);
});
