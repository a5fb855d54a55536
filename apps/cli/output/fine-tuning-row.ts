import type { FineTuning, FineTuningEvent } from '#contracts';
import type { Column } from './table.js';
import { printable } from './text.js';

export const FINE_TUNING_COLUMNS: readonly Column[] = [
  { title: 'JOB' },
  { title: 'STATE' },
  { title: 'STEP' },
  { title: 'BASE', most: 24 },
  { title: 'METHOD' },
  { title: 'CREATED' },
  { title: 'MODEL' },
];

const stepOf = ({ step, steps }: FineTuning): string => `${step}/${steps ?? '?'}`;

export const fineTuningRow = (job: FineTuning): string[] => [
  job.id,
  job.state,
  stepOf(job),
  job.model,
  job.method.type,
  job.created_at,
  job.fine_tuned_model ?? '',
];

export const eventLine = (event: FineTuningEvent): string =>
  `${event.created_at}  ${event.type.padEnd(16)}  ${printable(event.message)}\n`;

/** One line per fact, bad lines last. */
export function describeFineTuning(job: FineTuning): string {
  const facts: [string, string | null][] = [
    ['job', job.id],
    ['base', job.model],
    ['training file', job.training_file],
    ['validation file', job.validation_file],
    ['image set', job.image_set],
    ['method', JSON.stringify(job.method)],
    ['hyperparameters', JSON.stringify(job.hyperparameters)],
    ['seed', `${job.seed}`],
    ['state', job.state],
    ['step', stepOf(job)],
    ['checkpoint', job.checkpoint_step === null ? null : `of step ${job.checkpoint_step}`],
    ['model', job.fine_tuned_model],
    ['created', job.created_at],
    ['started', job.started_at],
    ['finished', job.finished_at],
    ['error', job.error && `${job.error.detail} [${job.error.code}]`],
    ...(job.error?.lines ?? []).map(({ file, line, detail }): [string, string] => [
      `  ${file}`,
      `line ${line} ${detail}`,
    ]),
  ];
  return facts
    .filter((fact) => fact[1] !== null)
    .map(([name, value]) => `${name.padEnd(17)} ${printable(value ?? '')}\n`)
    .join('');
}
