import { z } from 'zod';
import { idSchema } from './identifier.js';
import { metadataSchema, timestamp } from './page.js';

export const createImageSetSchema = z
  .object({
    name: z.string().trim().min(1).max(200).optional(),
    metadata: metadataSchema.optional(),
  })
  .meta({ id: 'CreateImageSet' });
export type CreateImageSet = z.infer<typeof createImageSetSchema>;

export const imageSetSchema = z
  .object({
    object: z.literal('image_set'),
    id: idSchema('set'),
    name: z.string().nullable(),
    state: z.enum(['open', 'sealed']).describe('`open` takes images, `sealed` is final'),
    image_counts: z.object({
      accepted: z.int(),
      refused: z
        .int()
        .describe('Files that are no picture we can read; each is kept with its reason'),
    }),
    bytes: z.int(),
    metadata: metadataSchema,
    created_at: timestamp,
    sealed_at: timestamp.nullable(),
  })
  .meta({ id: 'ImageSet' });
export type ImageSet = z.infer<typeof imageSetSchema>;

/** What happened to one file of an upload. */
export const uploadedFileSchema = z
  .object({
    name: z.string(),
    status: z.enum(['accepted', 'duplicate', 'refused']),
    n: z.int().nullable().describe('Number of the image in its set, from 0'),
    sha256: z.string().nullable(),
    error: z.object({ code: z.string(), detail: z.string() }).nullable(),
  })
  .meta({ id: 'UploadedFile' });
export type UploadedFile = z.infer<typeof uploadedFileSchema>;

export const uploadReportSchema = z
  .object({
    object: z.literal('upload_report'),
    image_set: imageSetSchema,
    counts: z.object({ accepted: z.int(), duplicate: z.int(), refused: z.int() }),
    files: z
      .array(uploadedFileSchema)
      .describe('One entry per refused file and, up to 1,000 entries in all, the others'),
  })
  .meta({ id: 'UploadReport' });
export type UploadReport = z.infer<typeof uploadReportSchema>;
