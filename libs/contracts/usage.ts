import { z } from 'zod';

const amountSchema = z
  .object({ used: z.int().nonnegative(), limit: z.int().positive() })
  .describe('Now, and the most there may be');

export const usageSchema = z
  .object({
    object: z.literal('usage'),
    stored_bytes: amountSchema.describe('Of pictures, each content once, and of files'),
    images: amountSchema.describe('Of all sets together'),
    image_sets: amountSchema,
    open_jobs: amountSchema.describe('Jobs that have not ended'),
    queued_items: amountSchema.describe('Images of those jobs that are not done yet'),
  })
  .meta({ id: 'Usage' });
export type Usage = z.infer<typeof usageSchema>;
