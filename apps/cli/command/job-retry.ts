import { randomUUID } from 'node:crypto';
import { Option, type Command } from 'commander';
import { MOST_JOBS_MOVED, type RetriedJobs } from '#contracts';
import { action, connect, type CliContext, type CommandInput } from '../context.js';
import { usageError } from '../exit-code.js';
import { describeJob } from '../output/job-row.js';
import { addJobFilter, requireManyJobs, requireOneJob, type ManyJobsFlags } from './job-filter.js';
import { jsonOption } from './options.js';

interface RetryFlags extends ManyJobsFlags {
  code?: string[];
  cancelled?: boolean;
  idempotencyKey?: string;
  json?: boolean;
}

export function addJobRetry(jobs: Command, context: CliContext): void {
  addJobFilter(jobs.command('retry'))
    .description(
      'do the failed images of an ended job again, or of all that the filter names; the others keep their answers',
    )
    .argument('[job]', 'id of one job, instead of a filter')
    .addOption(
      new Option('--code <code>', 'only images that failed of it; may be given again').argParser(
        (text: string, before: string[] = []) => [...before, text],
      ),
    )
    .option('--cancelled', 'also images that were not done when the job was cancelled')
    .option('--all', 'every ended job with such images, without a filter')
    .option('--dry-run', 'say how many jobs and images it would be, and retry none')
    .option('--idempotency-key <key>', 'of one job: the same key again does it once')
    .addOption(jsonOption())
    .action(
      action<[string | undefined], RetryFlags>(context, (input, id) =>
        id === undefined ? retryMany(input) : retryOne(input, id),
      ),
    );
}

const choiceOf = ({ code, cancelled = false }: RetryFlags) => ({ error_codes: code, cancelled });

async function retryOne(input: CommandInput<RetryFlags>, id: string): Promise<void> {
  const { flags, context } = input;
  requireOneJob(flags);
  const options = { signal: context.signal, idempotencyKey: flags.idempotencyKey ?? randomUUID() };
  const job = await (await connect(input)).retryJob(id, choiceOf(flags), options);
  await (flags.json ? context.output.json(job) : context.output.data(describeJob(job)));
}

/** Request after request, older and older jobs: one that fails once more meanwhile is not met again. */
async function retryMany(input: CommandInput<RetryFlags>): Promise<void> {
  const { flags, context } = input;
  const filter = requireManyJobs(flags, '--outcome partly_failed');
  if (flags.idempotencyKey !== undefined) throw usageError('--idempotency-key is for one job.');
  const client = await connect(input);
  const body = {
    filter,
    ...choiceOf(flags),
    all: flags.all ?? false,
    limit: MOST_JOBS_MOVED,
    dry_run: flags.dryRun ?? false,
  };
  let page = await client.retryJobs(body, { signal: context.signal });
  let all = page;
  while (page.next_cursor !== null && !body.dry_run) {
    await tell(input, page);
    page = await client.retryJobs(
      { ...body, cursor: page.next_cursor },
      { signal: context.signal },
    );
    all = joined(all, page);
  }
  await tell(input, page);
  if (flags.json) return context.output.json(all);
  const done = body.dry_run ? 'to retry; nothing was done' : 'queued again';
  context.output.note(`${all.count} jobs with ${all.item_count} images ${done}`);
}

/** As soon as it is known: what a later request is refused for must not hide what was done. */
const tell = async (
  { flags, context }: CommandInput<RetryFlags>,
  { data }: RetriedJobs,
): Promise<void> => {
  if (!flags.json) await context.output.data(data.map((id) => `${id}\n`).join(''));
};

const joined = (before: RetriedJobs, page: RetriedJobs): RetriedJobs => ({
  ...page,
  count: before.count + page.count,
  item_count: before.item_count + page.item_count,
  data: [...before.data, ...page.data],
});
