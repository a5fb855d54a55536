import { z } from 'zod';

/** Present when the model was imported with a mask decoder. */
const maskSchema = z
  .object({
    rle: z
      .object({
        size: z
          .tuple([z.int().min(1), z.int().min(1)])
          .describe('Height and width of the upright image'),
        counts: z.string().describe('As COCO compresses it: pycocotools reads it as it is'),
      })
      .describe('The pixels of the object'),
    area: z.int().min(0).describe('Number of its pixels'),
    confidence: z
      .number()
      .min(0)
      .max(1)
      .describe('exp of the mean log-probability of its 16 code words'),
  })
  .meta({ id: 'Mask' });

/** Fractions of the width and height of the image as a person sees it (EXIF applied). */
export const boxSchema = z
  .object({
    label: z.string(),
    box: z
      .tuple([z.number(), z.number(), z.number(), z.number()])
      .describe('x1, y1, x2, y2 as fractions 0..1 of the upright image'),
    pixels: z
      .tuple([z.number(), z.number(), z.number(), z.number()])
      .describe('x1, y1, x2, y2 in pixels of the upright image'),
    confidence: z.number().min(0).max(1),
    segment_codes: z
      .array(z.int().min(0).max(127))
      .length(16)
      .optional()
      .describe('Mask code words of a `segment` answer, 0..127'),
    mask: maskSchema.optional(),
  })
  .meta({ id: 'Box' });
export type Box = z.infer<typeof boxSchema>;

/** The answer to one task for one image. `raw` is what the model wrote, always kept. */
export const answerSchema = z
  .object({
    task: z.int().min(0).describe("Index into the job's `tasks`, or into the item's own"),
    prompt: z.string(),
    raw: z.string(),
    text: z.string().describe('`raw` without location and segmentation tokens'),
    boxes: z.array(boxSchema),
    confidence: z.number().min(0).max(1).describe('exp of the mean log-probability of its tokens'),
    tokens: z.int().min(0),
    prompt_tokens: z
      .int()
      .min(0)
      .optional()
      .describe('Tokens that the model read: of the picture, and of the prompt'),
    token_ids: z
      .array(z.int().min(0))
      .optional()
      .describe('What the model wrote, as it wrote it: `tokens` ids, the end token among them'),
    token_log_probabilities: z
      .array(z.number())
      .optional()
      .describe(
        'Natural logarithms beside `token_ids`, to four decimals; among the allowed tokens in `detect` and `segment`',
      ),
    end_reason: z
      .enum(['eos', 'length', 'repetition'])
      .describe(
        '`length`: cut off at `max_tokens`; `repetition`: cut off as it only repeated itself',
      ),
    warnings: z.array(z.string()),
    cached: z
      .boolean()
      .optional()
      .describe(
        '`true`: known from another image or job with the same content, not computed again',
      ),
  })
  .meta({ id: 'Answer' });
export type Answer = z.infer<typeof answerSchema>;

/** Wall-clock milliseconds per stage, as the worker saw them. */
export const timingsSchema = z
  .object({
    fetch_ms: z.number(),
    decode_ms: z.number(),
    encode_ms: z.number(),
    generate_ms: z.number(),
  })
  .meta({ id: 'Timings' });
export type Timings = z.infer<typeof timingsSchema>;
