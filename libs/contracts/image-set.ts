import { z } from 'zod';
import { idSchema } from './identifier.js';
import { metadataSchema, pageOf, timestamp } from './page.js';

export const createImageSetSchema = z
  .strictObject({
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
export const imageSetPageSchema = pageOf('ImageSetPage', imageSetSchema);
export type ImageSetPage = z.infer<typeof imageSetPageSchema>;

/** A file of a set that was no picture we can read, or was refused for another reason. */
export const refusedFileSchema = z
  .object({
    object: z.literal('refused_file'),
    name: z.string(),
    error: z.object({ code: z.string(), detail: z.string() }),
    created_at: timestamp,
  })
  .meta({ id: 'RefusedFile' });
export type RefusedFile = z.infer<typeof refusedFileSchema>;
export const refusedFilePageSchema = pageOf('RefusedFilePage', refusedFileSchema);
export type RefusedFilePage = z.infer<typeof refusedFilePageSchema>;

/** Which images of an open set: all that say every one of these. */
export const imageChoiceSchema = z
  .strictObject({
    name: z.string().max(4_096).optional(),
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .optional(),
    custom_id: z.string().min(1).max(512).optional(),
  })
  .refine((choice) => Object.keys(choice).length > 0, 'name, sha256 or custom_id is needed');
export type ImageChoice = z.infer<typeof imageChoiceSchema>;

export const deletedImagesSchema = z
  .object({
    object: z.literal('deleted_images'),
    image_set: imageSetSchema,
    deleted: z.int().describe('1,000 at most; if it is 1,000, ask again'),
  })
  .meta({ id: 'DeletedImages' });
export type DeletedImages = z.infer<typeof deletedImagesSchema>;

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
      .describe(
        'One entry per refused file, up to 10,000, and up to 1,000 others; a set lists all its refused files itself',
      ),
  })
  .meta({ id: 'UploadReport' });
export type UploadReport = z.infer<typeof uploadReportSchema>;
