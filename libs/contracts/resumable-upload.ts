import { z } from 'zod';
import { idSchema } from './identifier.js';
import { timestamp } from './page.js';

export const MIN_PART_BYTES = 64 * 1_024;
export const MAX_PART_BYTES = 2 ** 30;
export const MAX_PARTS = 10_000;
/** Parts whose URLs are given in one answer. */
export const MAX_PART_URLS = 100;
/** How long a part may be sent to its URL. */
export const PART_URL_SECONDS = 3_600;

export const createUploadSchema = z
  .strictObject({
    name: z.string().max(4_096).describe('Of the picture, or of the archive'),
    bytes: z.int().min(1),
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .optional()
      .describe('SHA-256 of the whole, lower-case hex; what comes out is compared with it'),
    part_bytes: z
      .int()
      .min(MIN_PART_BYTES)
      .max(MAX_PART_BYTES)
      .optional()
      .describe('Of every part but the last; default: 8 MiB, more for what is over 80 GiB'),
  })
  .meta({ id: 'CreateUpload' });
export type CreateUpload = z.infer<typeof createUploadSchema>;

export const uploadStateSchema = z.enum([
  'open',
  'assembling',
  'done',
  'failed',
  'aborted',
  'expired',
]);
export type UploadState = z.infer<typeof uploadStateSchema>;

export const uploadSchema = z
  .object({
    object: z.literal('upload'),
    id: idSchema('upload'),
    image_set: idSchema('set'),
    name: z.string(),
    bytes: z.int(),
    sha256: z.string().nullable(),
    part_bytes: z.int(),
    part_count: z.int(),
    state: uploadStateSchema,
    counts: z
      .object({ accepted: z.int(), duplicate: z.int(), refused: z.int() })
      .nullable()
      .describe('What became of its files, when it is `done`; the set lists the refused ones'),
    error: z.object({ code: z.string(), detail: z.string() }).nullable(),
    created_at: timestamp,
    expires_at: timestamp.describe('When its parts are thrown away; asking for URLs puts it off'),
    finished_at: timestamp.nullable(),
  })
  .meta({ id: 'Upload' });
export type Upload = z.infer<typeof uploadSchema>;

const partNumber = z
  .int()
  .min(0)
  .max(MAX_PARTS - 1)
  .describe('From 0');
/** 16 bytes in base64. */
const md5Schema = z.string().regex(/^[A-Za-z0-9+/]{22}==$/);

export const partUrlsRequestSchema = z
  .strictObject({
    parts: z
      .array(
        z.strictObject({
          n: partNumber,
          md5: md5Schema.describe('MD5 of the part, base64, as `Content-MD5` has it'),
        }),
      )
      .min(1)
      .max(MAX_PART_URLS),
    direct: z
      .boolean()
      .default(true)
      .describe('false: URLs of this API even where the bucket would take the parts itself'),
  })
  .meta({ id: 'PartUrlsRequest' });
export type PartUrlsRequest = z.infer<typeof partUrlsRequestSchema>;

export const partUrlsSchema = z
  .object({
    object: z.literal('part_urls'),
    expires_at: timestamp,
    data: z.array(
      z.object({
        n: z.int(),
        bytes: z.int(),
        method: z.literal('PUT'),
        url: z.string().describe('Relative ones are of this API'),
        headers: z.record(z.string(), z.string()).describe('To be sent as they are'),
      }),
    ),
  })
  .meta({ id: 'PartUrls' });
export type PartUrls = z.infer<typeof partUrlsSchema>;

export const uploadPartsSchema = z
  .object({
    object: z.literal('upload_parts'),
    data: z
      .array(z.object({ n: z.int(), bytes: z.int(), md5: z.string() }))
      .describe('The parts that are there whole, with the MD5 that they were announced with'),
  })
  .meta({ id: 'UploadParts' });
export type UploadParts = z.infer<typeof uploadPartsSchema>;
