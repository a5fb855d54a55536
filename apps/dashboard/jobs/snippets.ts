import type { Job } from '#contracts';
import { taskTitle } from './task-title';

/** One argument of a POSIX shell, whatever is in it. */
export const shellWord = (text: string): string =>
  /^[A-Za-z0-9._/:@=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;

/** What `POST /v1/jobs` must be sent to ask the same again. */
export function orderOf(job: Job): object {
  return {
    image_set: job.image_set,
    tasks: job.tasks,
    model: job.model,
    ...(job.name === null ? {} : { name: job.name }),
    ...(job.priority === 0 ? {} : { priority: job.priority }),
    ...(job.cache ? {} : { cache: false }),
    ...(job.max_failure_rate === null
      ? {}
      : {
          max_failure_rate: job.max_failure_rate,
          failure_rate_min_items: job.failure_rate_min_items,
        }),
    ...(Object.keys(job.metadata).length === 0 ? {} : { metadata: job.metadata }),
  };
}

export const SNIPPETS = ['curl', 'TypeScript', 'CLI'] as const;

/** The same job for a terminal or a program. Input: the address that the page was loaded from. */
export function snippetOf(kind: (typeof SNIPPETS)[number], job: Job, origin: string): string {
  if (kind === 'curl') {
    return [
      `curl ${shellWord(`${origin}/v1/jobs`)} \\`,
      '  -H "Authorization: Bearer $PALLET_API_KEY" \\',
      `  --json ${shellWord(JSON.stringify(orderOf(job)))}`,
    ].join('\n');
  }
  if (kind === 'CLI') {
    return [
      `pallet jobs create --set ${job.image_set}`,
      ...(job.tasks === 'own'
        ? ['--own-tasks']
        : job.tasks.map((task) => `--task ${shellWord(taskTitle(task))}`)),
      `--model ${shellWord(job.model)}`,
      ...(job.name === null ? [] : [`--name ${shellWord(job.name)}`]),
      ...(job.priority === 0 ? [] : [`--priority ${job.priority}`]),
      ...(job.cache ? [] : ['--no-cache']),
      ...(job.max_failure_rate === null
        ? []
        : [
            `--max-failure-rate ${job.max_failure_rate}`,
            `--failure-rate-min-items ${job.failure_rate_min_items}`,
          ]),
    ].join(' \\\n  ');
  }
  return `const response = await fetch(${JSON.stringify(`${origin}/v1/jobs`)}, {
  method: 'POST',
  headers: {
    authorization: \`Bearer \${process.env.PALLET_API_KEY}\`,
    'content-type': 'application/json',
  },
  body: JSON.stringify(${JSON.stringify(orderOf(job), null, 2).replaceAll('\n', '\n  ')}),
});
const job = await response.json();`;
}
