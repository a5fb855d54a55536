import { z } from 'zod';

/** Most seconds from now to a deadline: a year. */
const MOST_TIMEOUT_SECONDS = 366 * 86_400;
/** So early, a few bad images say nothing about the rest. */
export const FAILURE_RATE_MIN_ITEMS = 100;

/** As large a number of items as the database takes. */
const MOST_ITEMS = 2_147_483_647;

/** What ends a job before its last image. */
export const jobLimitShape = {
  max_failure_rate: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe('Stop when a larger part of the ended images has failed; default: never'),
  failure_rate_min_items: z
    .int()
    .min(1)
    .max(MOST_ITEMS)
    .optional()
    .describe(`Not before so many images have ended; default: ${FAILURE_RATE_MIN_ITEMS}`),
  deadline_at: z.iso
    .datetime({ offset: true })
    .meta({ format: 'date-time', pattern: undefined })
    .optional()
    .describe('What has not ended then is not done any more'),
  timeout_seconds: z
    .int()
    .min(1)
    .max(MOST_TIMEOUT_SECONDS)
    .optional()
    .describe('The same, from now'),
};

export interface JobLimits {
  readonly max_failure_rate?: number;
  readonly failure_rate_min_items?: number;
  readonly deadline_at?: string;
  readonly timeout_seconds?: number;
}

export const hasOneDeadline = ({ deadline_at, timeout_seconds }: JobLimits): boolean =>
  deadline_at === undefined || timeout_seconds === undefined;

export const ONE_DEADLINE = {
  path: ['timeout_seconds'],
  message: 'name a deadline or a timeout, not both',
};

/** Why a job was stopped by one of its limits. */
export const stopReasonSchema = z
  .enum(['failure_rate', 'deadline'])
  .describe('Which of its limits stopped the job, so that some of it was not done');
export type StopReason = z.infer<typeof stopReasonSchema>;
