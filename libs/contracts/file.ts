import { z } from 'zod';
import { idSchema } from './identifier.js';
import { pageOf } from './page.js';

/** What a client may send a file for. */
export const uploadPurposeSchema = z
  .enum(['fine-tune', 'batch', 'vision', 'user_data'])
  .describe(
    '`fine-tune`: JSONL of examples; `batch`: JSONL of requests; `vision`: a picture that requests may name',
  );
export type UploadPurpose = z.infer<typeof uploadPurposeSchema>;

/** What a file is for; the last one is what batches write. */
export const filePurposeSchema = z.enum([...uploadPurposeSchema.options, 'batch_output']);
export type FilePurpose = z.infer<typeof filePurposeSchema>;

/** As OpenAI has it, with the hash besides. */
export const fileSchema = z
  .object({
    object: z.literal('file'),
    id: idSchema('file'),
    filename: z.string(),
    purpose: filePurposeSchema,
    bytes: z.int(),
    sha256: z.string(),
    status: z.literal('processed'),
    created_at: z.int().describe('Unix time in seconds'),
  })
  .meta({ id: 'File' });
export type StoredFile = z.infer<typeof fileSchema>;

/** Both ways of going on: our cursor, and the last id as OpenAI's clients do it. */
export const filePageSchema = pageOf('FilePage', fileSchema).extend({
  first_id: z.string().nullable(),
  last_id: z.string().nullable(),
});
export type FilePage = z.infer<typeof filePageSchema>;

const MOST_LISTED = 1_000;
/** OpenAI's clients may ask for as many; a page has `MOST_LISTED` at most. */
const MOST_ASKED = 10_000;

export const fileQuerySchema = z.object({
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(MOST_ASKED)
    .default(100)
    .transform((limit) => Math.min(limit, MOST_LISTED)),
  cursor: z.string().max(200).optional(),
  after: z.string().max(200).optional().describe('Only what comes after this id in the list'),
  order: z.enum(['asc', 'desc']).default('desc').describe('By age; newest first is `desc`'),
  purpose: filePurposeSchema.optional(),
});
export type FileQuery = z.output<typeof fileQuerySchema>;

export const deletedFileSchema = z
  .object({ object: z.literal('file'), id: idSchema('file'), deleted: z.literal(true) })
  .meta({ id: 'DeletedFile' });
export type DeletedFile = z.infer<typeof deletedFileSchema>;

/**
 * Where the object store keeps a file: under an id of its own, so that nobody ever writes there again.
 * Both ids are UUIDs.
 */
export const fileKey = (tenantId: string, fileId: string): string =>
  `t/${tenantId}/files/${fileId}`;
