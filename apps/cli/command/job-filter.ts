import { InvalidArgumentError, Option, type Command } from 'commander';
import {
  jobOutcomeSchema,
  jobStateSchema,
  type JobFilterText,
  type JobOutcome,
  type JobState,
} from '#contracts';
import { usageError } from '../exit-code.js';
import { moment } from './options.js';

/** Which jobs; the same for `ls` and for what is done to many. */
export interface JobFilterFlags {
  state?: JobState[];
  outcome?: JobOutcome[];
  model?: string;
  set?: string;
  name?: string;
  metadata?: string[];
  since?: string;
  until?: string;
}

export const addJobFilter = (command: Command): Command =>
  command
    .addOption(anyOf('--state <state>', 'only jobs in this state', jobStateSchema.options))
    .addOption(anyOf('--outcome <outcome>', 'only jobs that ended so', jobOutcomeSchema.options))
    .option('--model <model>', 'only jobs of this model')
    .option('--set <set>', 'only jobs of this image set')
    .option('--name <text>', 'only jobs whose name holds this')
    .addOption(
      new Option('--metadata <key=value>', 'only jobs with this; may be given again').argParser(
        (text: string, before: string[] = []) => [...before, pairOf(text)],
      ),
    )
    .option('--since <time>', 'only jobs created then or later', moment)
    .option('--until <time>', 'only jobs created before', moment);

const anyOf = (flags: string, description: string, choices: readonly string[]): Option =>
  new Option(flags, `${description}; may be given again (${choices.join(', ')})`).argParser(
    (text: string, before: string[] = []) => {
      if (choices.includes(text)) return [...before, text];
      throw new InvalidArgumentError(`It must be one of ${choices.join(', ')}.`);
    },
  );

function pairOf(text: string): string {
  if (text.indexOf('=') > 0) return text;
  throw new InvalidArgumentError('It must be KEY=VALUE.');
}

/** As the API takes it; empty when no flag was given. */
export function jobFilterOf(flags: JobFilterFlags): JobFilterText {
  const { state, outcome, model, name, metadata } = flags;
  const all = {
    state,
    outcome,
    model,
    image_set: flags.set,
    name,
    metadata,
    created_after: flags.since,
    created_before: flags.until,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

/** Of what is done to one job that is named, or to many that a filter names. */
export interface ManyJobsFlags extends JobFilterFlags {
  all?: boolean;
  dryRun?: boolean;
}

/** For a command line with an id. Errors: one of usage when it says which jobs as well. */
export function requireOneJob(flags: ManyJobsFlags): void {
  if (flags.all !== true && flags.dryRun !== true && isEmpty(jobFilterOf(flags))) return;
  throw usageError('Name one job, or say which jobs (--all, a filter, --dry-run), not both.');
}

/** For one without. Input: a filter, as an example. Errors: one of usage when it does not say which jobs. */
export function requireManyJobs(flags: ManyJobsFlags, example: string): JobFilterText {
  const filter = jobFilterOf(flags);
  if (flags.all === true || !isEmpty(filter)) return filter;
  throw usageError(`Say which job: an id, a filter such as ${example}, or --all.`);
}

const isEmpty = (filter: JobFilterText): boolean => Object.keys(filter).length === 0;
