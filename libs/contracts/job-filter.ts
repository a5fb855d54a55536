import { z } from 'zod';
import { idSchema } from './identifier.js';
import { jobOutcomeSchema, jobStateSchema, modelName } from './job.js';
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

export const moveJobsSchema = z
  .strictObject({
    filter: jobFilterSchema
      .strict()
      .default({})
      .describe('Which jobs, of those that can be moved; as in the query of GET /v1/jobs'),
    all: z
      .boolean()
      .default(false)
      .describe('Needed when the filter is empty, so that nobody means all by mistake'),
    limit: z.int().min(1).max(MOST_JOBS_MOVED).default(100),
    dry_run: z
      .boolean()
      .default(false)
      .describe('Move nothing: `count` says how many jobs it would be, whatever the limit'),
  })
  .refine(({ filter, all }) => all || Object.keys(filter).length > 0, {
    path: ['filter'],
    message: 'name at least one condition, or send `all: true`',
  })
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
