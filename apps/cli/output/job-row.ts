import type { Job } from '#contracts';
import { taskTitle } from '../task/task-string.js';
import type { Column } from './table.js';
import { printable } from './text.js';

export const JOB_COLUMNS: readonly Column[] = [
  { title: 'JOB' },
  { title: 'STATE' },
  { title: 'DONE' },
  { title: 'FAILED' },
  { title: 'MODEL', most: 24 },
  { title: 'CREATED' },
  { title: 'NAME' },
];

/** Succeeded and failed together: an item that failed is done, too. */
const doneOf = ({ item_counts: counts }: Job): string =>
  `${counts.succeeded + counts.failed + counts.cancelled}/${counts.total}`;

/** How it ended says more than that it did. */
const stateOf = (job: Job): string => job.outcome ?? job.state;

export const jobRow = (job: Job): string[] => [
  job.id,
  stateOf(job),
  doneOf(job),
  `${job.item_counts.failed}`,
  job.model,
  job.created_at,
  job.name ?? '',
];

const STOPPED: Readonly<Record<NonNullable<Job['stop_reason']>, string>> = {
  failure_rate: 'too many images failed',
  deadline: 'its deadline passed',
};

const errorsOf = ({ error_counts: counts }: Job): string | null =>
  Object.keys(counts).length === 0
    ? null
    : Object.entries(counts)
        .toSorted(([, a], [, b]) => b - a)
        .map(([code, count]) => `${code} ${count}`)
        .join(', ');

/** One line per fact, for `jobs get`. */
export function describeJob(job: Job): string {
  const { succeeded, failed, cancelled, total } = job.item_counts;
  const facts: [string, string | null][] = [
    ['job', job.id],
    ['name', job.name],
    ['image set', job.image_set],
    ['model', job.model],
    ...tasksOf(job),
    ['state', job.outcome === null ? job.state : `${job.state} (${job.outcome})`],
    ['images', `${succeeded} succeeded, ${failed} failed, ${cancelled} cancelled of ${total}`],
    ['errors', errorsOf(job)],
    ['stopped', job.stop_reason === null ? null : STOPPED[job.stop_reason]],
    ['made from', job.restarted_from],
    ['deadline', job.deadline_at],
    ['created', job.created_at],
    ['started', job.started_at],
    ['finished', job.finished_at],
  ];
  return facts
    .filter((fact) => fact[1] !== null)
    .map(([name, value]) => `${name.padEnd(10)} ${printable(value ?? '')}\n`)
    .join('');
}

function tasksOf({ tasks }: Job): [string, string][] {
  if (tasks === 'own') return [['tasks', 'of each image its own']];
  return tasks.map((task, index) => [`task ${index}`, taskTitle(task)]);
}
