import { InvalidArgumentError, type Command } from 'commander';
import type { JobLimits } from '#contracts';
import { moment, wholeNumber } from './options.js';

/** What ends a job before its last image. */
export interface JobLimitFlags {
  maxFailureRate?: number;
  failureRateMinItems?: number;
  deadline?: string;
  timeout?: number;
}

const MOST = 2_147_483_647;

export const addJobLimits = (command: Command): Command =>
  command
    .option(
      '--max-failure-rate <rate>',
      'stop when a larger part of the images fails, 0 to 1',
      rate,
    )
    .option('--failure-rate-min-items <n>', 'not before so many have ended', wholeNumber(1, MOST))
    .option('--deadline <time>', 'what has not ended then is not done any more', moment)
    .option('--timeout <seconds>', 'the same, from now', wholeNumber(1, MOST));

export const jobLimitsOf = (flags: JobLimitFlags): JobLimits => ({
  max_failure_rate: flags.maxFailureRate,
  failure_rate_min_items: flags.failureRateMinItems,
  deadline_at: flags.deadline,
  timeout_seconds: flags.timeout,
});

function rate(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && value <= 1) return value;
  throw new InvalidArgumentError('It must be a number from 0 to 1.');
}
