import { z } from 'zod';
import { idSchema } from './identifier.js';
import { pageOf, timestamp } from './page.js';

/** A JSONL file of examples, as uploaded. */
export const trainingFileSchema = z
  .object({
    object: z.literal('file'),
    id: idSchema('file'),
    filename: z.string(),
    purpose: z.literal('fine-tune'),
    bytes: z.int(),
    sha256: z.string(),
    created_at: timestamp,
  })
  .meta({ id: 'File' });
export type TrainingFile = z.infer<typeof trainingFileSchema>;
export const trainingFilePageSchema = pageOf('FilePage', trainingFileSchema);
export type TrainingFilePage = z.infer<typeof trainingFilePageSchema>;

/**
 * Where the object store keeps a file: under an id of its own, so that nobody ever writes there again.
 * Both ids are UUIDs.
 */
export const trainingFileKey = (tenantId: string, fileId: string): string =>
  `t/${tenantId}/files/${fileId}`;
