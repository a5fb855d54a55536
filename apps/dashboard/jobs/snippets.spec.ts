import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { createJobSchema, type Job } from '#contracts';
import { orderOf, shellWord, snippetOf } from './snippets.js';

const NASTY = `it's $(touch x) "a" \\ \n; ünï`;
const job = {
  id: 'job_1',
  image_set: `set_${'0'.repeat(32)}`,
  model: 'demo',
  name: NASTY,
  priority: 2,
  cache: false,
  metadata: { a: 'b' },
  tasks: [
    { type: 'answer', question: NASTY, language: 'en' },
    { type: 'detect', labels: ['a', 'b'] },
  ],
} as unknown as Job;

it('orders the same again', () => {
  expect(createJobSchema.parse(orderOf(job))).toMatchObject({
    tasks: job.tasks,
    name: NASTY.trim(),
  });
});

it('is one word for a shell, whatever is in it', () => {
  const echoed = execFileSync('sh', ['-c', `printf %s ${shellWord(NASTY)}`], { encoding: 'utf8' });
  expect(echoed).toBe(NASTY);
});

it('writes the tasks as the command reads them', () => {
  expect(snippetOf('CLI', job, 'http://x')).toContain(`--task 'detect a ; b'`);
  expect(snippetOf('TypeScript', job, 'http://x')).toContain('"http://x/v1/jobs"');
});
