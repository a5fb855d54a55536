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
  max_failure_rate: 0.2,
  failure_rate_min_items: 50,
  tasks: [
    { type: 'answer', question: NASTY, language: 'en' },
    { type: 'detect', labels: ['a', 'b'] },
  ],
} as unknown as Job;

it('orders the same again', () => {
  expect(createJobSchema.parse(orderOf(job))).toMatchObject({
    tasks: job.tasks,
    name: NASTY.trim(),
    max_failure_rate: 0.2,
    failure_rate_min_items: 50,
  });
});

it('is one word for a shell, whatever is in it', () => {
  const echoed = execFileSync('sh', ['-c', `printf %s ${shellWord(NASTY)}`], { encoding: 'utf8' });
  expect(echoed).toBe(NASTY);
});

it('writes the tasks as the command reads them', () => {
  expect(snippetOf('CLI', job, 'http://x')).toContain(`--task 'detect a ; b'`);
  expect(snippetOf('CLI', job, 'http://x')).toContain('--max-failure-rate 0.2');
  expect(snippetOf('TypeScript', job, 'http://x')).toContain('"http://x/v1/jobs"');
});
