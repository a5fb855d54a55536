import { z } from 'zod';
import { bucketAccess } from './bucket-access.js';
import { idSchema } from './identifier.js';
import { metadataSchema, pageOf, timestamp } from './page.js';
import { taskSchema, tasksSchema } from './task.js';

/** Of a custom id: as long as the batch APIs of others allow. */
export const customIdSchema = z.string().min(1).max(512);

const placeSchema = z.string().min(1).max(2048);

/**
 * A line of a manifest: one image, by exactly one of `url`, `source-ref`, `key` and `sha256`, and what its
 * owner says of it. `source-ref` is what AWS manifests call it.
 */
export const manifestLineSchema = z.strictObject({
  url: placeSchema.optional(),
  'source-ref': placeSchema.optional(),
  key: z.string().min(1).max(1024).optional(),
  sha256: z
    .string()
    .regex(/^[0-9a-fA-F]{64}$/, 'must be 64 hex digits')
    .optional(),
  name: z.string().max(4096).optional(),
  custom_id: customIdSchema.optional(),
  metadata: metadataSchema.optional(),
  task: taskSchema.optional(),
  tasks: tasksSchema.optional(),
  prompt: z.string().min(1).max(2000).optional(),
});
export type ManifestLine = z.infer<typeof manifestLineSchema>;

export const importQuerySchema = z.object({
  name: z.string().trim().min(1).max(200).optional().describe('What to call it in lists'),
  dry_run: z
    .enum(['true', 'false'])
    .default('false')
    .transform((text) => text === 'true')
    .describe('Only look at the lines; nothing is imported'),
});
export type ImportQuery = z.infer<typeof importQuerySchema>;

/** JSON body instead of a manifest: the objects of a bucket. */
export const createBucketImportSchema = z
  .strictObject({
    uri: z
      .string()
      .max(1200)
      .describe('s3://bucket/prefix/ for all below it, or with `*`, `?` and `**/`'),
    manifest: z
      .boolean()
      .default(false)
      .describe('The URI names one object, a manifest of JSONL: its lines name what to bring'),
    ...bucketAccess,
    name: z.string().trim().min(1).max(200).optional(),
  })
  .meta({ id: 'CreateBucketImport' });
export type CreateBucketImport = z.infer<typeof createBucketImportSchema>;

export const importStateSchema = z
  .enum(['listing', 'fetching', 'completed', 'failed', 'cancelled'])
  .describe(
    'listing: rows are still being found, those found are fetched already; completed: every row has ended, some maybe refused',
  );
export type ImportState = z.infer<typeof importStateSchema>;

const lineErrorSchema = z.object({ line: z.int(), code: z.string(), detail: z.string() });
export type LineError = z.infer<typeof lineErrorSchema>;

export const importSchema = z
  .object({
    object: z.literal('import'),
    id: idSchema('import'),
    image_set: idSchema('set'),
    name: z.string().nullable(),
    source: z.enum(['manifest', 'bucket']),
    state: importStateSchema,
    row_counts: z.object({
      found: z.int(),
      accepted: z.int(),
      duplicate: z.int().describe('The set had them already'),
      refused: z.int().describe('Listed with their reasons in /v1/image-sets/{id}/refused'),
    }),
    line_errors: z.array(lineErrorSchema).describe('The first 100 lines that could not be used'),
    error: z.object({ code: z.string(), detail: z.string() }).nullable(),
    created_at: timestamp,
    finished_at: timestamp.nullable(),
  })
  .meta({ id: 'Import' });
export type Import = z.infer<typeof importSchema>;
export const importPageSchema = pageOf('ImportPage', importSchema);
export type ImportPage = z.infer<typeof importPageSchema>;

/** The answer to a dry run. */
export const manifestCheckSchema = z
  .object({
    object: z.literal('manifest_check'),
    row_counts: z.object({ found: z.int(), usable: z.int() }),
    line_errors: z.array(lineErrorSchema).describe('The first 1,000 lines that could not be used'),
  })
  .meta({ id: 'ManifestCheck' });
export type ManifestCheck = z.infer<typeof manifestCheckSchema>;
