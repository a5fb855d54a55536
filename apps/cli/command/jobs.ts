import type { Command } from 'commander';
import { randomUUID } from 'node:crypto';
import type { Job, Task } from '#contracts';
import { action, connect, type CliContext, type CommandInput } from '../context.js';
import type { ExitCode } from '../exit-code.js';
import { describeJob, jobRow, JOB_COLUMNS } from '../output/job-row.js';
import { TASK_FORMS } from '../task/task-string.js';
import { addJobFilter, jobFilterOf, type JobFilterFlags } from './job-filter.js';
import { addJobAgain } from './job-again.js';
import { addJobRetry } from './job-retry.js';
import { addJobCorrections } from './job-corrections.js';
import { addJobLog } from './job-log.js';
import { addJobMoves } from './job-moves.js';
import { addJobLimits, jobLimitsOf, type JobLimitFlags } from './job-limits.js';
import { addJobPreview } from './job-preview.js';
import { jsonOption, seconds, taskOption, webhookOf, wholeNumber } from './options.js';
import { tasksOf } from './task-choice.js';
import { exitCodeOfJob, waitForJob } from './wait.js';

interface JsonFlags {
  json?: boolean;
}

interface CreateFlags extends JsonFlags, JobLimitFlags {
  set: string;
  task?: Task[];
  ownTasks?: boolean;
  seal?: boolean;
  model?: string;
  priority?: number;
  name?: string;
  webhook?: string;
  cache: boolean;
  idempotencyKey?: string;
}

interface ListFlags extends JsonFlags, JobFilterFlags {
  limit: number;
  quiet?: boolean;
}

interface WaitFlags extends JsonFlags {
  timeout?: number;
  failOnItemError: boolean;
}

export function addJobsCommand(program: Command, context: CliContext): void {
  const jobs = program.command('jobs').summary('create, list, wait for, pause and cancel jobs');
  addJobLimits(jobs.command('create'))
    .description('ask tasks about every image of a set; prints the id of the job')
    .requiredOption('--set <set>', 'id of the image set')
    .addOption(taskOption({ mandatory: false }))
    .option('--own-tasks', 'ask each image the tasks that it brought, instead of --task')
    .option('--seal', 'close the set first')
    .option('--model <model>', 'which model answers; the only one if there is one')
    .option('--priority <n>', 'higher runs sooner, -10 to 10', wholeNumber(-10, 10))
    .option('--name <name>', 'what to call it')
    .option('--webhook <webhook>', 'URL that is told of its end, or the id of a webhook')
    .option('--no-cache', 'compute every answer, also those that are known')
    .option('--idempotency-key <key>', 'the same key again gives the same job')
    .addOption(jsonOption())
    .addHelpText('after', `\nTasks:\n${TASK_FORMS}`)
    .action(action<[], CreateFlags>(context, create));
  addJobFilter(jobs.command('ls'))
    .description('list jobs, newest first')
    .option('--limit <n>', 'how many at most', wholeNumber(1, 1_000_000), 50)
    .option('-q, --quiet', 'ids only')
    .addOption(jsonOption())
    .action(action<[], ListFlags>(context, list));
  addOneJobCommands(jobs, context);
  addJobPreview(jobs, context);
  addJobLog(jobs, context);
  addJobCorrections(jobs, context);
  addJobMoves(jobs, context);
  addJobRetry(jobs, context);
  addJobAgain(jobs, context);
}

function addOneJobCommands(jobs: Command, context: CliContext): void {
  const one = (name: string, description: string): Command =>
    jobs
      .command(name)
      .description(description)
      .argument('<job>', 'id of the job')
      .addOption(jsonOption());
  one('get', 'show where a job stands').action(action<[string], JsonFlags>(context, get));
  one('wait', 'wait for the end of a job')
    .option('--timeout <seconds>', 'give up waiting, with exit code 124', seconds)
    .option('--fail-on-item-error', 'exit with 6 when images failed', true)
    .option('--no-fail-on-item-error', 'exit with 0 as long as one image succeeded')
    .action(action<[string], WaitFlags>(context, wait));
}

async function create(input: CommandInput<CreateFlags>): Promise<void> {
  const { flags, context } = input;
  const job = await (
    await connect(input)
  ).createJob(
    {
      image_set: flags.set,
      tasks: tasksOf(flags),
      seal: flags.seal ?? false,
      model: flags.model,
      priority: flags.priority,
      name: flags.name,
      webhook: flags.webhook === undefined ? undefined : webhookOf(flags.webhook),
      cache: flags.cache,
      ...jobLimitsOf(flags),
    },
    { signal: context.signal, idempotencyKey: flags.idempotencyKey ?? randomUUID() },
  );
  const secret = job.webhook?.secret;
  if (secret !== undefined && !flags.json) {
    context.output.note(`secret of ${job.webhook?.id}, shown this once: ${secret}`);
  }
  await (flags.json ? context.output.json(job) : context.output.data(`${job.id}\n`));
}

async function list(input: CommandInput<ListFlags>): Promise<void> {
  const { flags, context } = input;
  const jobs: Job[] = [];
  const query = { filter: jobFilterOf(flags), limit: flags.limit, signal: context.signal };
  for await (const job of (await connect(input)).listJobs(query)) jobs.push(job);
  const { output } = context;
  if (flags.json) await output.json({ object: 'list', data: jobs });
  else if (flags.quiet) await output.data(jobs.map((job) => `${job.id}\n`).join(''));
  else await output.data(output.table(JOB_COLUMNS).render(jobs.map(jobRow)));
}

const writeJob = (job: Job, { flags, context }: CommandInput<JsonFlags>): Promise<void> =>
  flags.json ? context.output.json(job) : context.output.data(describeJob(job));

async function get(input: CommandInput<JsonFlags>, id: string): Promise<void> {
  const client = await connect(input);
  await writeJob(await client.getJob(id, { signal: input.context.signal }), input);
}

async function wait(input: CommandInput<WaitFlags>, id: string): Promise<ExitCode> {
  const { flags, context } = input;
  const job = await waitForJob(await connect(input), id, {
    progress: context.output.progress('running'),
    signal: context.signal,
    timeoutMs: flags.timeout === undefined ? undefined : flags.timeout * 1000,
  });
  await writeJob(job, input);
  return exitCodeOfJob(job, flags.failOnItemError);
}
