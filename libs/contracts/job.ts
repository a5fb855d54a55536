import { z } from 'zod';
import { answerSchema, timingsSchema } from './answer.js';
import { idSchema } from './identifier.js';
import { hasOneDeadline, jobLimitShape, ONE_DEADLINE, stopReasonSchema } from './job-limits.js';
import { metadataSchema, pageOf, pageQuerySchema, timestamp } from './page.js';
import { taskSchema, tasksSchema } from './task.js';
import { jobWebhookSchema, namedWebhookSchema } from './webhook.js';

export const modelName = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._/@-]*$/);

export const prioritySchema = z
  .int()
  .min(-10)
  .max(10)
  .describe("Higher runs sooner among the same tenant's jobs");

export const createJobSchema = z
  .strictObject({
    image_set: idSchema('set').describe('A sealed image set, or an open one with `seal: true`'),
    seal: z.boolean().default(false).describe('Seal the set first'),
    tasks: z
      .union([tasksSchema, z.literal('own')])
      .describe('`own`: about each image the tasks that it brought into its set'),
    model: modelName.optional().describe('Default: the only model, or the one named `default`'),
    priority: prioritySchema.default(0),
    name: z.string().trim().min(1).max(200).optional(),
    metadata: metadataSchema.optional(),
    webhook: jobWebhookSchema.optional().describe('Told how this job goes'),
    cache: z
      .boolean()
      .default(true)
      .describe(
        'Take answers that are known (same content, task and model revision); `false`: compute every one',
      ),
    ...jobLimitShape,
  })
  .refine(hasOneDeadline, ONE_DEADLINE)
  .meta({ id: 'CreateJob' });
export type CreateJob = z.infer<typeof createJobSchema>;

/** POST /v1/jobs/{id}/restart: what is to be otherwise than in the job that it is made from. */
export const restartJobSchema = z
  .strictObject({
    tasks: createJobSchema.shape.tasks.optional(),
    model: modelName.optional(),
    priority: prioritySchema.optional(),
    name: createJobSchema.shape.name,
    metadata: createJobSchema.shape.metadata,
    webhook: createJobSchema.shape.webhook,
    cache: z.boolean().optional(),
    ...jobLimitShape,
  })
  .refine(hasOneDeadline, ONE_DEADLINE)
  .prefault({})
  .meta({ id: 'RestartJob' });
export type RestartJob = z.output<typeof restartJobSchema>;

/** POST /v1/jobs/{id}/extend */
export const extendJobSchema = z
  .strictObject({
    tasks: tasksSchema.describe('What else is asked about each image; the old answers stay'),
    ...jobLimitShape,
  })
  .refine(hasOneDeadline, ONE_DEADLINE)
  .meta({ id: 'ExtendJob' });
export type ExtendJob = z.output<typeof extendJobSchema>;

export const jobStateSchema = z.enum([
  'queued',
  'running',
  'paused',
  'cancelling',
  'completed',
  'cancelled',
]);
export type JobState = z.infer<typeof jobStateSchema>;

/** How it ended; a job whose items all failed never looks like success. */
export const jobOutcomeSchema = z.enum([
  'succeeded',
  'partly_failed',
  'failed',
  'expired',
  'cancelled',
]);
export type JobOutcome = z.infer<typeof jobOutcomeSchema>;

export const jobSchema = z
  .object({
    object: z.literal('job'),
    id: idSchema('job'),
    name: z.string().nullable(),
    image_set: idSchema('set'),
    model: z.string(),
    tasks: z
      .union([z.array(taskSchema), z.literal('own')])
      .describe('`own`: each image has its own tasks, which stand beside its answers'),
    priority: z.int(),
    state: jobStateSchema,
    outcome: jobOutcomeSchema.nullable(),
    item_counts: z.object({
      total: z.int(),
      succeeded: z.int(),
      failed: z.int(),
      cancelled: z.int(),
    }),
    error_counts: z
      .record(z.string(), z.int())
      .describe('Failed items by their code; their sum is item_counts.failed'),
    progress: z.number().min(0).max(1),
    cache: z.boolean().describe('Whether answers that are known may be taken'),
    max_failure_rate: z.number().nullable(),
    failure_rate_min_items: z.int(),
    deadline_at: timestamp.nullable(),
    stop_reason: stopReasonSchema.nullable(),
    restarted_from: idSchema('job').nullable().describe('The job that this one was made from'),
    metadata: metadataSchema,
    created_at: timestamp,
    started_at: timestamp.nullable(),
    finished_at: timestamp.nullable(),
    webhook: namedWebhookSchema.optional().describe('Only in the answer to POST /v1/jobs'),
  })
  .meta({ id: 'Job' });
export type Job = z.infer<typeof jobSchema>;

export const jobPageSchema = pageOf('JobPage', jobSchema);
export type JobPage = z.infer<typeof jobPageSchema>;

const errorCodeSchema = z.string().min(1).max(100);

export const itemStateSchema = z.enum(['succeeded', 'failed', 'cancelled']);
export type ItemState = z.infer<typeof itemStateSchema>;

/** One image of a job that has reached its end, with its answers or its reason. */
export const itemResultSchema = z
  .object({
    object: z.literal('item'),
    id: z.string(),
    n: z.int(),
    image: z.object({
      name: z.string(),
      sha256: z.string(),
      width: z.int().nullable().describe('Pixels, upright; null when the image could not be read'),
      height: z.int().nullable(),
      custom_id: z.string().nullable().describe('What its client calls it'),
      metadata: metadataSchema.describe('What its client wanted to find again here'),
    }),
    state: itemStateSchema,
    answers: z.array(answerSchema),
    tasks: z
      .array(taskSchema)
      .optional()
      .describe('What was asked, when the `tasks` of the job are `own`'),
    error: z.object({ code: z.string(), detail: z.string() }).nullable(),
    attempts: z.int(),
    timings: timingsSchema.nullable(),
    worker: z
      .object({ id: idSchema('worker'), host: z.string().nullable() })
      .nullable()
      .describe(
        'Who brought it to its end; `host` is null 90 days after that worker has gone, all of it when there was none',
      ),
    leased_at: timestamp
      .nullable()
      .describe('Since when that worker had it, together with others; until `finished_at`'),
    finished_at: timestamp,
  })
  .meta({ id: 'ItemResult' });
export type ItemResult = z.infer<typeof itemResultSchema>;

export const resultPageSchema = pageOf('ResultPage', itemResultSchema);
export type ResultPage = z.infer<typeof resultPageSchema>;
const imageTextSchema = z.string().min(1).max(1_024);

export const resultQuerySchema = pageQuerySchema.extend({
  state: itemStateSchema.optional(),
  error_code: errorCodeSchema.optional().describe('Only items that failed of it'),
  image: imageTextSchema
    .optional()
    .describe('Only of images with this custom id or file name; 1,000 of each kind at most'),
  image_prefix: imageTextSchema
    .optional()
    .describe(
      'Only of images whose custom id or file name begins so, the first 1,000 of each kind; `image` goes before it',
    ),
  from: z.coerce
    .number()
    .int()
    .min(0)
    .max(2_147_483_647)
    .optional()
    .describe('Only items with this number or a higher one; where a cursor is given, it counts'),
});

export const retryJobSchema = z
  .strictObject({
    error_codes: z
      .array(errorCodeSchema)
      .min(1)
      .max(64)
      .optional()
      .describe('Only items that failed of one of these; default: all that failed'),
    cancelled: z
      .boolean()
      .default(false)
      .describe('Also what had not been done when the job was cancelled'),
  })
  .prefault({})
  .meta({ id: 'RetryJob' });
export type RetryJob = z.output<typeof retryJobSchema>;

/** Fields beside the `image` file of POST /v1/predictions. */
export const createPredictionSchema = z
  .strictObject({ tasks: tasksSchema, model: modelName.optional() })
  .meta({ id: 'CreatePrediction' });
export type CreatePrediction = z.infer<typeof createPredictionSchema>;

export const predictionSchema = z
  .object({
    object: z.literal('prediction'),
    job: jobSchema,
    result: itemResultSchema.nullable().describe('null while it still runs (202)'),
  })
  .meta({ id: 'Prediction' });
export type Prediction = z.infer<typeof predictionSchema>;

export const modelSchema = z
  .object({
    object: z.literal('model'),
    id: z.string(),
    family: z.string(),
    image_size: z.int(),
    note: z.string().nullable(),
    workers: z.int().describe('Live workers that serve it now'),
    revision: z
      .string()
      .nullable()
      .describe('Of its weights and of who runs them; null until a worker has served it'),
    is_own: z.boolean().describe('Trained by this tenant, which alone can name it'),
    task_ms: z
      .number()
      .nullable()
      .describe('Measured accelerator time for one task of an image, milliseconds'),
  })
  .meta({ id: 'Model' });
export type Model = z.infer<typeof modelSchema>;
export const modelPageSchema = pageOf('ModelPage', modelSchema);
export type ModelPage = z.infer<typeof modelPageSchema>;

/** GET /health/ready: what a request would need, and whether it is there. */
export const readinessSchema = z
  .object({
    status: z.enum(['ready', 'degraded', 'unavailable']),
    checks: z.record(z.string(), z.object({ ok: z.boolean(), detail: z.string().optional() })),
  })
  .meta({ id: 'Readiness' });
export type Readiness = z.infer<typeof readinessSchema>;
