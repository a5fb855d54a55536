import type { Command } from 'commander';
import type { JobPreview, Task } from '#contracts';
import { action, connect, type CliContext, type CommandInput } from '../context.js';
import { resultRows, RESULT_COLUMNS } from '../output/result-row.js';
import { TASK_FORMS } from '../task/task-string.js';
import { jsonOption, seconds, taskOption, wholeNumber } from './options.js';
import { tasksOf } from './task-choice.js';

/** More images no set can have. */
const MOST_NUMBER = 2_147_483_647;

interface PreviewFlags {
  set: string;
  task?: Task[];
  ownTasks?: boolean;
  model?: string;
  samples?: number;
  image?: number[];
  wait: number;
  cache: boolean;
  json?: boolean;
}

export function addJobPreview(jobs: Command, context: CliContext): void {
  jobs
    .command('preview')
    .description('run a few images of a job without creating it, and estimate the whole')
    .requiredOption('--set <set>', 'id of the image set, open or sealed')
    .addOption(taskOption({ mandatory: false }))
    .option('--own-tasks', 'ask each image the tasks that it brought, instead of --task')
    .option('--model <model>', 'which model answers; the only one if there is one')
    .option('--samples <n>', 'images to run, spread over the set', wholeNumber(1, 32))
    .option('--image <n...>', 'run these images of the set instead, by their numbers', imageNumbers)
    .option('--wait <seconds>', 'how long to wait for them, 120 at most', seconds, 60)
    .option('--no-cache', 'estimate without answers that are known')
    .addOption(jsonOption())
    .addHelpText('after', `\nTasks:\n${TASK_FORMS}`)
    .action(action<[], PreviewFlags>(context, showPreview));
}

/** Each of them is parsed by itself, with those before it. */
const imageNumbers = (text: string, before: number[] = []): number[] => [
  ...before,
  wholeNumber(0, MOST_NUMBER)(text),
];

async function showPreview(input: CommandInput<PreviewFlags>): Promise<void> {
  const { flags, context } = input;
  const { set, model, samples, image, cache } = flags;
  const client = await connect(input);
  const shown = await client.previewJob(
    { image_set: set, seal: true, tasks: tasksOf(flags), model, samples, images: image, cache },
    { signal: context.signal, waitSeconds: flags.wait },
  );
  const { output } = context;
  if (flags.json) return output.json(shown);
  const rows = shown.samples.flatMap((item) => resultRows(item, shown.tasks));
  if (rows.length > 0) await output.data(`${output.table(RESULT_COLUMNS).render(rows)}\n`);
  await output.data(describePreview(shown));
}

/** One line per fact. */
export function describePreview(preview: JobPreview): string {
  const { estimate, samples, samples_left: left, workers } = preview;
  const facts: [string, string][] = [
    ['images', `${preview.items}`],
    ['model', `${preview.model}, ${workers} ${workers === 1 ? 'worker' : 'workers'}`],
    ['samples', left === 0 ? `${samples.length}` : `${samples.length}, ${left} not in time`],
    ['known', `${Math.round(preview.known_share * 100)} % of the answers`],
  ];
  if (estimate !== null) {
    facts.push(
      ['speed', `${estimate.images_per_second.toPrecision(3)} images/s`],
      ['time', duration(estimate.seconds)],
      ['cost', `${duration(estimate.accelerator_seconds)} of accelerator`],
    );
  }
  return facts.map(([name, value]) => `${name.padEnd(8)} ${value}\n`).join('');
}

/** To two units: an estimate is no more exact. */
function duration(total: number): string {
  if (total < 60) return `${total.toFixed(total < 10 ? 1 : 0)} s`;
  const minutes = Math.round(total / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}
