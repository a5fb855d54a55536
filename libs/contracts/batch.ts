import { z } from 'zod';
import { idSchema } from './identifier.js';
import { jobOutcomeSchema } from './job.js';
import { metadataSchema, pageOf } from './page.js';

/** OpenAI has `24h` only. */
const WINDOW = /^[1-9]\d{0,2}[hd]$/;

export const createBatchSchema = z
  .object({
    input_file_id: idSchema('file').describe('A file that was sent with the purpose `batch`'),
    endpoint: z.enum(['/v1/chat/completions', '/v1/responses']),
    completion_window: z
      .string()
      .regex(WINDOW, 'it must be hours or days, as 24h')
      .describe('What has not ended by then ends as expired: `24h`, `7d`'),
    metadata: metadataSchema.nullish(),
  })
  .meta({ id: 'CreateBatch' });
export type CreateBatch = z.infer<typeof createBatchSchema>;

export const batchStatusSchema = z.enum([
  'validating',
  'failed',
  'in_progress',
  'finalizing',
  'completed',
  'expired',
  'cancelling',
  'cancelled',
]);
export type BatchStatus = z.infer<typeof batchStatusSchema>;

const moment = z.int().nullable().describe('Unix time in seconds');

/** As OpenAI has it; what is ours stands at the end. */
export const batchSchema = z
  .object({
    object: z.literal('batch'),
    id: idSchema('batch'),
    endpoint: z.string(),
    model: z.string().nullable(),
    errors: z
      .object({
        object: z.literal('list'),
        data: z.array(
          z.object({
            code: z.string(),
            message: z.string(),
            param: z.string().nullable(),
            line: z.int().nullable(),
          }),
        ),
      })
      .nullable()
      .describe('Lines that are no request, up to 100'),
    input_file_id: idSchema('file'),
    completion_window: z.string(),
    status: batchStatusSchema,
    output_file_id: idSchema('file').nullable(),
    error_file_id: idSchema('file').nullable(),
    created_at: z.int(),
    in_progress_at: moment,
    expires_at: moment,
    finalizing_at: moment,
    completed_at: moment,
    failed_at: moment,
    expired_at: moment,
    cancelling_at: moment,
    cancelled_at: moment,
    request_counts: z.object({ total: z.int(), completed: z.int(), failed: z.int() }),
    metadata: metadataSchema.nullable(),
    outcome: z
      .enum([...jobOutcomeSchema.options, 'expired'])
      .nullable()
      .describe('How it went; a batch whose requests all failed is `completed`, and `failed` here'),
    job: idSchema('job').nullable().describe('What does the work, once all lines are read'),
    image_set: idSchema('set'),
  })
  .meta({ id: 'Batch' });
export type Batch = z.infer<typeof batchSchema>;

export const batchPageSchema = pageOf('BatchPage', batchSchema).extend({
  first_id: z.string().nullable(),
  last_id: z.string().nullable(),
});
export type BatchPage = z.infer<typeof batchPageSchema>;

export const batchQuerySchema = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  cursor: z.string().max(200).optional(),
  after: z.string().max(200).optional().describe('Only what comes after this id in the list'),
});
export type BatchQuery = z.output<typeof batchQuerySchema>;
