import { z } from 'zod';
import { imageSetSchema } from './image-set.js';
import { metadataSchema } from './page.js';
import { tasksSchema } from './task.js';

/** Images asked about in one request. */
export const MAX_KNOWN_IMAGES = 1_000;

const sha256Schema = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .describe('SHA-256 of the bytes, lower-case hex');

export const knownImagesRequestSchema = z
  .strictObject({
    images: z
      .array(
        z.strictObject({
          name: z.string().max(4_096),
          sha256: sha256Schema,
          custom_id: z.string().min(1).max(512).optional(),
          metadata: metadataSchema.optional(),
          tasks: tasksSchema.optional().describe('What a job with `tasks: "own"` asks about it'),
        }),
      )
      .min(1)
      .max(MAX_KNOWN_IMAGES),
  })
  .meta({ id: 'KnownImagesRequest' });
export type KnownImagesRequest = z.infer<typeof knownImagesRequestSchema>;

export const knownImagesSchema = z
  .object({
    object: z.literal('known_images'),
    image_set: imageSetSchema,
    counts: z.object({
      accepted: z.int(),
      duplicate: z.int(),
      unknown: z.int(),
      refused: z.int(),
    }),
    images: z
      .array(
        z.object({
          name: z.string(),
          sha256: z.string(),
          status: z
            .enum(['accepted', 'duplicate', 'unknown', 'refused'])
            .describe(
              '`unknown`: nothing was added, send its bytes; `refused`: it is above the quota of its tenant',
            ),
          n: z.int().nullable().describe('Number of the image in its set, from 0'),
          error: z.object({ code: z.string(), detail: z.string() }).nullable(),
        }),
      )
      .describe('One per image asked about, in their order'),
  })
  .meta({ id: 'KnownImages' });
export type KnownImages = z.infer<typeof knownImagesSchema>;
