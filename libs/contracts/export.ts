import { z } from 'zod';
import { bucketAccess } from './bucket-access.js';
import { idSchema } from './identifier.js';
import { pageOf, timestamp } from './page.js';

/** How the results of a job can be written; docs/exports.md says what goes where. */
export const exportFormatSchema = z
  .enum([
    'jsonl',
    'csv',
    'parquet',
    'coco',
    'coco-results',
    'yolo',
    'pascal-voc',
    'label-studio',
    'cvat',
    'annotated',
    'masks',
  ])
  .meta({ id: 'ExportFormat' });
export type ExportFormatName = z.infer<typeof exportFormatSchema>;

export const exportQuerySchema = z.object({
  format: exportFormatSchema.default('jsonl'),
  partial: z
    .enum(['true', 'false'])
    .default('false')
    .describe('`true`: what has ended so far, of a job that still runs'),
});
export type ExportQuery = z.output<typeof exportQuerySchema>;

/** Body of POST /v1/jobs/{id}/exports. */
export const createExportSchema = z
  .strictObject({
    format: exportFormatSchema.default('jsonl'),
    partial: z.boolean().default(false).describe('What has ended so far, of a job that still runs'),
    destination: z
      .string()
      .max(1200)
      .describe(
        's3://bucket/folder/: the object is called as the download would be; without a slash at the end, s3://bucket/folder/name.zip, it is called so',
      ),
    ...bucketAccess,
  })
  .meta({ id: 'CreateExport' });
export type CreateExport = z.output<typeof createExportSchema>;

export const exportStateSchema = z
  .enum(['queued', 'running', 'cancelling', 'completed', 'failed', 'cancelled'])
  .describe('completed: the object and its manifest are whole in the bucket');
export type ExportState = z.infer<typeof exportStateSchema>;

/** An export into a bucket; its credentials are never shown. */
export const exportSchema = z
  .object({
    object: z.literal('export'),
    id: idSchema('export'),
    job: idSchema('job'),
    format: exportFormatSchema,
    partial: z.boolean(),
    state: exportStateSchema,
    destination: z.string().describe('The object, as s3://bucket/key'),
    manifest: z
      .string()
      .describe('The object that says size and SHA-256 of the other; written last'),
    items: z
      .object({ total: z.int(), read: z.int() })
      .describe('read: in the pass that runs; some formats read more than once'),
    bytes: z.int().describe('Written so far; when it is completed, the size of the object'),
    sha256: z.string().nullable().describe('Of the object, once it is whole'),
    error: z.object({ code: z.string(), detail: z.string() }).nullable(),
    created_at: timestamp,
    started_at: timestamp.nullable(),
    finished_at: timestamp.nullable(),
  })
  .meta({ id: 'Export' });
export type Export = z.infer<typeof exportSchema>;
export const exportPageSchema = pageOf('ExportPage', exportSchema);
export type ExportPage = z.infer<typeof exportPageSchema>;
