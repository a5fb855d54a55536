import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import type { Job, Task } from '#contracts';
import { action, connect, type CliContext, type CommandInput } from '../context.js';
import { describeJob } from '../output/job-row.js';
import { TASK_FORMS } from '../task/task-string.js';
import { addJobLimits, jobLimitsOf, type JobLimitFlags } from './job-limits.js';
import { jsonOption, taskOption, webhookOf, wholeNumber } from './options.js';

interface AgainFlags {
  json?: boolean;
  idempotencyKey?: string;
}

interface ExtendFlags extends AgainFlags, JobLimitFlags {
  task: Task[];
}

interface RestartFlags extends AgainFlags, JobLimitFlags {
  task?: Task[];
  model?: string;
  priority?: number;
  name?: string;
  webhook?: string;
}

/** More about an ended job's images, and the same job once more. */
export function addJobAgain(jobs: Command, context: CliContext): void {
  addJobLimits(again(jobs, 'extend'))
    .description('ask more about the images of an ended job; the answers that are there stay')
    .addOption(taskOption())
    .addHelpText('after', `\nTasks:\n${TASK_FORMS}`)
    .action(action<[string], ExtendFlags>(context, extend));
  addJobLimits(again(jobs, 'restart'))
    .description('make a new job of this one over the same set, with changes; prints its id')
    .addOption(taskOption({ mandatory: false }))
    .option('--model <model>', 'another model')
    .option('--priority <n>', 'another priority, -10 to 10', wholeNumber(-10, 10))
    .option('--name <name>', 'another name')
    .option('--webhook <webhook>', 'URL that is told of its end, or the id of a webhook')
    .action(action<[string], RestartFlags>(context, restart));
}

const again = (jobs: Command, name: string): Command =>
  jobs
    .command(name)
    .argument('<job>', 'id of the job')
    .option('--idempotency-key <key>', 'the same key again does it once')
    .addOption(jsonOption());

async function extend(input: CommandInput<ExtendFlags>, id: string): Promise<void> {
  const body = { ...jobLimitsOf(input.flags), tasks: input.flags.task };
  await write(input, await (await connect(input)).extendJob(id, body, callOptions(input)));
}

async function restart(input: CommandInput<RestartFlags>, id: string): Promise<void> {
  const { flags, context } = input;
  const { task: tasks, model, priority, name, webhook } = flags;
  const body = {
    ...jobLimitsOf(flags),
    tasks,
    model,
    priority,
    name,
    webhook: webhook === undefined ? undefined : webhookOf(webhook),
  };
  const job = await (await connect(input)).restartJob(id, body, callOptions(input));
  await (flags.json ? context.output.json(job) : context.output.data(`${job.id}\n`));
}

const callOptions = ({ flags, context }: CommandInput<AgainFlags>) => ({
  signal: context.signal,
  idempotencyKey: flags.idempotencyKey ?? randomUUID(),
});

const write = ({ flags, context }: CommandInput<AgainFlags>, job: Job): Promise<void> =>
  flags.json ? context.output.json(job) : context.output.data(describeJob(job));
