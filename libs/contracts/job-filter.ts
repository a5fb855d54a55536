import { z } from 'zod';
import { idSchema } from './identifier.js';
import { jobOutcomeSchema, jobStateSchema, modelName, retryJobSchema } from './job.js';
import { pageQuerySchema } from './page.js';

const oneOrMore = <T extends z.ZodType>(entry: T) =>
  z
    .union([entry, z.array(entry).min(1).max(16)])
    .transform((value) => [value].flat() as z.output<T>[]);

const moment = z.iso.datetime({ offset: true }).meta({ format: 'date-time', pattern: undefined });

const pair = z
  .string()
  .max(600)
  .regex(/^[^=]{1,64}=/, 'it must be KEY=VALUE');

/** Which jobs: the same in lists, in actions on many jobs, and in the command. Everything given must hold. */
export const jobFilterSchema = z.object({
  state: oneOrMore(jobStateSchema)
    .optional()
    .describe('One state, or several of which one must hold'),
  outcome: oneOrMore(jobOutcomeSchema).optional().describe('The same for outcomes'),
  model: modelName.optional(),
  image_set: idSchema('set').optional(),
  name: z.string().min(1).max(200).optional().describe('Part of the name, in any case'),
  metadata: oneOrMore(pair).optional().describe('KEY=VALUE; of several, all must hold'),
  created_after: moment.optional().describe('This moment or later'),
  created_before: moment.optional(),
});
export type JobFilter = z.output<typeof jobFilterSchema>;
/** As it is written in a query or a body. */
export type JobFilterText = z.input<typeof jobFilterSchema>;

export const jobQuerySchema = pageQuerySchema.extend(jobFilterSchema.shape);

/** Most jobs that one request moves. */
export const MOST_JOBS_MOVED = 1_000;

const manyJobsSchema = z.strictObject({
  filter: jobFilterSchema
    .strict()
    .default({})
    .describe('Which jobs, of those that can be moved; as in the query of GET /v1/jobs'),
  all: z
    .boolean()
    .default(false)
    .describe('Needed when the filter is empty, so that nobody means all by mistake'),
  limit: z.int().min(1).max(MOST_JOBS_MOVED).default(100),
});

const namesJobs = ({ filter, all }: z.output<typeof manyJobsSchema>): boolean =>
  all || Object.keys(filter).length > 0;
const NAMES_JOBS = {
  path: ['filter'],
  message: 'name at least one condition, or send `all: true`',
};

export const moveJobsSchema = manyJobsSchema
  .extend({
    dry_run: z
      .boolean()
      .default(false)
      .describe('Move nothing: `count` says how many jobs it would be, whatever the limit'),
  })
  .refine(namesJobs, NAMES_JOBS)
  .meta({ id: 'MoveJobs' });
export type MoveJobs = z.output<typeof moveJobsSchema>;

export const movedJobsSchema = z
  .object({
    object: z.literal('moved_jobs'),
    count: z.int().describe('Jobs that were moved; with `dry_run` all that would be'),
    data: z.array(idSchema('job')).describe('Newest first, `limit` at most'),
    has_more: z.boolean().describe('There may be more: send the same request again'),
  })
  .meta({ id: 'MovedJobs' });
export type MovedJobs = z.infer<typeof movedJobsSchema>;

/** `retryJobSchema` for each of many jobs. */
export const retryJobsSchema = manyJobsSchema
  .extend(retryJobSchema.unwrap().shape)
  .extend({
    cursor: z.string().max(200).optional().describe('`next_cursor` of the answer before'),
    dry_run: z
      .boolean()
      .default(false)
      .describe('Retry nothing: the counts say how much it would be, whatever the limit'),
  })
  .refine(namesJobs, NAMES_JOBS)
  .meta({ id: 'RetryJobs' });
export type RetryJobs = z.output<typeof retryJobsSchema>;

export const retriedJobsSchema = z
  .object({
    object: z.literal('retried_jobs'),
    count: z.int().describe('Jobs that are queued again; with `dry_run` all that would be'),
    item_count: z.int().describe('Their items that are done again; with `dry_run` of all'),
    data: z.array(idSchema('job')).describe('Newest first, `limit` at most'),
    next_cursor: z
      .string()
      .nullable()
      .describe('There may be more: send the same request again with this as `cursor`'),
    has_more: z.boolean(),
  })
  .meta({ id: 'RetriedJobs' });
export type RetriedJobs = z.infer<typeof retriedJobsSchema>;
