import { randomUUID } from 'node:crypto';
import { Option, type Command } from 'commander';
import type { Job } from '#contracts';
import { action, connect, type CliContext, type CommandInput } from '../context.js';
import { describeJob } from '../output/job-row.js';
import { jsonOption } from './options.js';

interface AgainFlags {
  json?: boolean;
  idempotencyKey?: string;
}

interface RetryFlags extends AgainFlags {
  code?: string[];
  cancelled?: boolean;
}

/** What puts a job to work again that has ended. */
export function addJobAgain(jobs: Command, context: CliContext): void {
  again(jobs, 'retry')
    .description('do the failed images of an ended job again; the others keep their answers')
    .addOption(
      new Option('--code <code>', 'only images that failed of it; may be given again').argParser(
        (text: string, before: string[] = []) => [...before, text],
      ),
    )
    .option('--cancelled', 'also images that were not done when the job was cancelled')
    .action(action<[string], RetryFlags>(context, retry));
}

const again = (jobs: Command, name: string): Command =>
  jobs
    .command(name)
    .argument('<job>', 'id of the job')
    .option('--idempotency-key <key>', 'the same key again does it once')
    .addOption(jsonOption());

async function retry(input: CommandInput<RetryFlags>, id: string): Promise<void> {
  const { code, cancelled = false } = input.flags;
  const body = { error_codes: code, cancelled };
  await write(input, await (await connect(input)).retryJob(id, body, callOptions(input)));
}

const callOptions = ({ flags, context }: CommandInput<AgainFlags>) => ({
  signal: context.signal,
  idempotencyKey: flags.idempotencyKey ?? randomUUID(),
});

const write = ({ flags, context }: CommandInput<AgainFlags>, job: Job): Promise<void> =>
  flags.json ? context.output.json(job) : context.output.data(describeJob(job));
