import { z } from 'zod';

/** RFC 3339, UTC. A plain string with a format: zod's own date-time puts a 400-character pattern into OpenAPI. */
export const timestamp = z.string().meta({ format: 'date-time' });

export const metadataSchema = z
  .record(z.string().max(64), z.string().max(512))
  .refine((entries) => Object.keys(entries).length <= 16, 'at most 16 entries')
  .meta({ description: 'Up to 16 pairs of text, 64 and 512 characters at most' });

export const pageQuerySchema = z.object({
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  cursor: z.string().max(200).optional(),
});
export type PageQuery = z.infer<typeof pageQuerySchema>;

export const pageOf = <T extends z.ZodType>(id: string, entry: T) =>
  z
    .object({
      object: z.literal('list'),
      data: z.array(entry),
      next_cursor: z.string().nullable(),
      has_more: z.boolean(),
    })
    .meta({ id });

/** RFC 9457 problem details; `code` is the stable part. */
export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string(),
    instance: z.string().optional(),
    request_id: z.string(),
    errors: z
      .array(z.object({ pointer: z.string(), detail: z.string(), code: z.string() }))
      .optional(),
    retry_after: z.number().optional(),
    error: z
      .object({
        message: z.string(),
        type: z.string(),
        param: z.string().nullable(),
        code: z.string(),
      })
      .optional()
      .describe('The same as OpenAI says it, on the routes that its clients call'),
  })
  .meta({ id: 'Problem' });
export type Problem = z.infer<typeof problemSchema>;
