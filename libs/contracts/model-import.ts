import { z } from 'zod';
import { idSchema } from './identifier.js';
import { pageOf, timestamp } from './page.js';

const bytes = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
const errorSchema = z.object({ code: z.string().max(120), detail: z.string().max(4_000) });

const stageSchema = z
  .enum(['downloading', 'converting'])
  .describe('downloading: from a hub; converting: into the form that workers load');

export const modelImportStateSchema = z
  .enum([...stageSchema.options, 'completed', 'failed'])
  .describe('A command that was killed tells no end: see `told_at`');
export type ModelImportState = z.infer<typeof modelImportStateSchema>;

const told = {
  model: z.string().trim().min(1).max(200).describe('What the model will be called'),
  source: z
    .string()
    .trim()
    .min(1)
    .max(500)
    .describe('A repository of a hub, or the name of a folder'),
  precision: z.string().trim().min(1).max(20).describe('Of the weights: f32, f16, int8, int4'),
  host: z.string().trim().min(1).max(253).optional().describe('The machine that it runs on'),
};

/** What a command that begins to import a model tells: `pallet models import` and `pull` do. */
export const createModelImportSchema = z
  .strictObject({ ...told, state: stageSchema })
  .meta({ id: 'CreateModelImport' });
export type CreateModelImport = z.output<typeof createModelImportSchema>;

/** How far it is, or how it ended. */
export const updateModelImportSchema = z
  .strictObject({
    state: modelImportStateSchema,
    bytes_done: bytes.optional().describe('Of what `state` says is done'),
    bytes_total: bytes.optional(),
    model_bytes: bytes.optional().describe('Of the model that was made'),
    error: z.strictObject(errorSchema.shape).optional().describe('Why it failed'),
  })
  .refine(({ state, error }) => (state === 'failed') === (error !== undefined), {
    path: ['error'],
    message: 'is given when, and only when, it failed',
  })
  .meta({ id: 'UpdateModelImport' });
export type UpdateModelImport = z.output<typeof updateModelImportSchema>;

export const modelImportSchema = z
  .object({
    object: z.literal('model_import'),
    id: idSchema('model_import'),
    model: z.string(),
    source: z.string(),
    precision: z.string(),
    host: z.string().nullable(),
    state: modelImportStateSchema,
    bytes_done: z.number().describe('Of what `state` says is done'),
    bytes_total: z.number().nullable(),
    model_bytes: z.number().nullable().describe('Of the model that was made'),
    error: errorSchema.nullable(),
    created_at: timestamp,
    told_at: timestamp.describe(
      'When it was last heard of; while it runs, at least every ten seconds',
    ),
    finished_at: timestamp.nullable(),
  })
  .meta({ id: 'ModelImport' });
export type ModelImport = z.infer<typeof modelImportSchema>;

export const modelImportPageSchema = pageOf('ModelImportPage', modelImportSchema);
export type ModelImportPage = z.infer<typeof modelImportPageSchema>;
