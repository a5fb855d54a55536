import { z } from 'zod';
import { idSchema } from './identifier.js';
import { modelName } from './job.js';
import { metadataSchema, pageOf, pageQuerySchema, timestamp } from './page.js';
import { hyperparametersSchema, seedSchema, tuningMethodSchema } from './tuning-method.js';

export const createFineTuningSchema = z
  .strictObject({
    model: modelName.describe('The base: a checkpoint that trainers have'),
    training_file: idSchema('file').describe('JSONL, one {"image","prefix","suffix"} per line'),
    validation_file: idSchema('file').optional().describe('The same, held out'),
    image_set: idSchema('set')
      .optional()
      .describe(
        'Images that lines name by their file name. Without one, each line has its image as a data: URL',
      ),
    seal: z.boolean().default(false).describe('Seal the set first'),
    method: tuningMethodSchema.default(() => tuningMethodSchema.parse({ type: 'lora' })),
    hyperparameters: hyperparametersSchema.default(() => hyperparametersSchema.parse({})),
    seed: seedSchema.default(0),
    suffix: z
      .string()
      .regex(
        /^[a-z0-9][a-z0-9-]{0,39}$/,
        'small letters, digits and hyphens, 40 at most, and no hyphen first',
      )
      .optional()
      .describe('Goes into the name of the resulting model'),
    precision: z
      .enum(['f32', 'f16', 'int8', 'int4'])
      .default('int8')
      .describe('Of the resulting model'),
    metadata: metadataSchema.optional(),
  })
  .meta({ id: 'CreateFineTuningJob' });
export type CreateFineTuning = z.infer<typeof createFineTuningSchema>;

export const fineTuningStateSchema = z.enum([
  'queued',
  'running',
  'cancelling',
  'succeeded',
  'failed',
  'cancelled',
]);
export type FineTuningState = z.infer<typeof fineTuningStateSchema>;

/** A line of a file that cannot be trained on. */
export const badLineSchema = z
  .object({
    file: z.enum(['training_file', 'validation_file']),
    line: z.int().describe('From 1'),
    detail: z.string(),
  })
  .meta({ id: 'BadLine' });
export type BadLine = z.infer<typeof badLineSchema>;

export const fineTuningErrorSchema = z.object({
  code: z.string(),
  detail: z.string(),
  lines: z.array(badLineSchema).describe('Bad lines, the first 100 of them'),
});
export type FineTuningError = z.infer<typeof fineTuningErrorSchema>;

export const fineTuningSchema = z
  .object({
    object: z.literal('fine_tuning.job'),
    id: idSchema('tuning'),
    model: z.string().describe('The base'),
    training_file: idSchema('file'),
    validation_file: idSchema('file').nullable(),
    image_set: idSchema('set').nullable(),
    method: tuningMethodSchema,
    hyperparameters: hyperparametersSchema,
    seed: z.int(),
    suffix: z.string().nullable(),
    precision: z.enum(['f32', 'f16', 'int8', 'int4']),
    state: fineTuningStateSchema,
    step: z.int().describe('Updates done'),
    steps: z.int().nullable().describe('Updates in all; null until the training file was read'),
    checkpoint_step: z.int().nullable().describe('Where it would go on'),
    fine_tuned_model: z.string().nullable().describe('What POST /v1/jobs takes as `model`'),
    error: fineTuningErrorSchema.nullable(),
    metadata: metadataSchema,
    created_at: timestamp,
    started_at: timestamp.nullable(),
    finished_at: timestamp.nullable(),
  })
  .meta({ id: 'FineTuningJob' });
export type FineTuning = z.infer<typeof fineTuningSchema>;

export const fineTuningPageSchema = pageOf('FineTuningJobPage', fineTuningSchema);
export type FineTuningPage = z.infer<typeof fineTuningPageSchema>;
export const fineTuningQuerySchema = pageQuerySchema.extend({
  state: fineTuningStateSchema.optional(),
});

/** A checkpoint that can be trained. */
export const fineTuningBaseSchema = z
  .object({
    object: z.literal('fine_tuning.base'),
    id: z.string().describe('What POST /v1/fine-tuning/jobs takes as `model`'),
  })
  .meta({ id: 'FineTuningBase' });
export const fineTuningBasePageSchema = pageOf('FineTuningBasePage', fineTuningBaseSchema);
export type FineTuningBasePage = z.infer<typeof fineTuningBasePageSchema>;

/** Where the object store keeps what a fine-tuning job has made. Both ids are UUIDs. */
export const fineTuningPrefix = (tenantId: string, tuningId: string): string =>
  `t/${tenantId}/fine-tuning/${tuningId}`;

/** Of what a job was trained to, when it has succeeded: `fence` is that of the lease under which it did. */
export const fineTuningResultPrefix = (tenantId: string, tuningId: string, fence: number): string =>
  `${fineTuningPrefix(tenantId, tuningId)}/result-${fence}`;
