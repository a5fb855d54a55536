import type { Command } from 'commander';
import { MOST_JOBS_MOVED, type MovedJobs } from '#contracts';
import type { JobMove } from '../client/pallet-client.js';
import { action, connect, type CliContext, type CommandInput } from '../context.js';
import { describeJob } from '../output/job-row.js';
import { addJobFilter, requireManyJobs, requireOneJob, type ManyJobsFlags } from './job-filter.js';
import { jsonOption } from './options.js';

interface MoveFlags extends ManyJobsFlags {
  json?: boolean;
}

const MOVES: readonly (readonly [JobMove, string])[] = [
  ['cancel', 'end a job, or all that the filter names; what was answered so far stays'],
  ['pause', 'begin nothing more of a job, or of all that the filter names'],
  ['resume', 'let paused jobs go on'],
];

export function addJobMoves(jobs: Command, context: CliContext): void {
  for (const [move, description] of MOVES) {
    addJobFilter(jobs.command(move))
      .description(description)
      .argument('[job]', 'id of one job, instead of a filter')
      .option('--all', 'every job that can be moved, without a filter')
      .option('--dry-run', 'say how many jobs it would be, and move none')
      .addOption(jsonOption())
      .action(
        action<[string | undefined], MoveFlags>(context, (input, id) =>
          id === undefined ? moveMany(input, move) : moveOne(input, move, id),
        ),
      );
  }
}

async function moveOne(input: CommandInput<MoveFlags>, move: JobMove, id: string): Promise<void> {
  const { flags, context } = input;
  requireOneJob(flags);
  const client = await connect(input);
  const job = await client.moveJob(id, move, { signal: context.signal });
  await (flags.json ? context.output.json(job) : context.output.data(describeJob(job)));
}

/** The ids go to stdout as those of a move do; of more than a request holds, the newest. */
async function tellMovable(
  { flags, context }: CommandInput<MoveFlags>,
  found: MovedJobs,
  move: JobMove,
): Promise<void> {
  if (flags.json) return context.output.json(found);
  await context.output.data(found.data.map((id) => `${id}\n`).join(''));
  context.output.note(`${found.count} jobs to ${move}; nothing was done`);
}

/** Request after request, for each moves a bounded number. */
async function moveMany(input: CommandInput<MoveFlags>, move: JobMove): Promise<void> {
  const { flags, context } = input;
  const filter = requireManyJobs(flags, '--state queued');
  const client = await connect(input);
  const body = { filter, all: flags.all ?? false, limit: MOST_JOBS_MOVED };
  if (flags.dryRun)
    return tellMovable(input, await client.moveJobs(move, { ...body, dry_run: true }), move);
  const ids: string[] = [];
  for (let hasMore = true; hasMore;) {
    const moved = await client.moveJobs(move, body, { signal: context.signal });
    ids.push(...moved.data);
    hasMore = moved.has_more;
  }
  const all = { object: 'moved_jobs', count: ids.length, data: ids, has_more: false };
  await (flags.json
    ? context.output.json(all)
    : context.output.data(ids.map((id) => `${id}\n`).join('')));
  if (!flags.json) context.output.note(`${ids.length} jobs: ${move}`);
}
