import { z } from 'zod';
import { idSchema } from './identifier.js';
import { pageOf, pageQuerySchema, timestamp } from './page.js';

/** Places that a side is divided into where a box is written as text. */
export const LOCATION_BINS = 1024;

/** Input: a fraction 0..1 of a side. Output: its place, as `<loc....>` holds it. */
export const locationBin = (fraction: number): number =>
  Math.min(LOCATION_BINS - 1, Math.round(fraction * LOCATION_BINS));

const fraction = z.number().min(0).max(1);

/** Characters of the written form itself would end a label early. */
const correctedLabel = z
  .string()
  .trim()
  .min(1)
  .max(128)
  .regex(/^[^<>;\n]*$/, 'a label has no `<`, `>`, `;` and no line break');

export const correctedBoxSchema = z
  .strictObject({
    label: correctedLabel,
    box: z
      .tuple([fraction, fraction, fraction, fraction])
      .describe('x1, y1, x2, y2 as fractions 0..1 of the upright image'),
    segment_codes: z
      .array(z.int().min(0).max(127))
      .length(16)
      .optional()
      .describe('Mask code words, as they came in the answer'),
  })
  .refine(
    ({ box: [x1, y1, x2, y2] }) =>
      locationBin(x1) < locationBin(x2) && locationBin(y1) < locationBin(y2),
    'a box needs an area: x1 < x2 and y1 < y2, a thousandth apart at least',
  )
  .meta({ id: 'CorrectedBox' });
export type CorrectedBox = z.infer<typeof correctedBoxSchema>;

/** PUT /v1/jobs/{id}/corrections: what an answer should have been. */
export const putCorrectionSchema = z
  .strictObject({
    n: z.int().min(0).max(2_147_483_647).describe('Number of the item'),
    task: z.int().min(0).max(15).describe('Which of its answers, as `task` of the answer says'),
    text: z
      .string()
      .trim()
      .min(1)
      .max(10_000)
      .regex(/^(?!.*<(eos|bos|pad)>)/s, 'no `<eos>`, `<bos>` or `<pad>`: training adds them')
      .optional()
      .describe('The right text'),
    boxes: z.array(correctedBoxSchema).min(1).max(256).optional().describe('The right boxes'),
  })
  .refine(({ text, boxes }) => (text === undefined) !== (boxes === undefined), {
    path: ['text'],
    message: 'send a text or boxes, not both',
  })
  .meta({ id: 'PutCorrection' });
export type PutCorrection = z.infer<typeof putCorrectionSchema>;

export const correctionSchema = z
  .object({
    object: z.literal('correction'),
    job: idSchema('job'),
    n: z.int(),
    task: z.int(),
    text: z.string().nullable(),
    boxes: z.array(correctedBoxSchema).nullable(),
    line: z
      .object({
        image: z.string(),
        sha256: z
          .string()
          .optional()
          .describe('Which of them, where the set has several images of that name'),
        prefix: z.string(),
        suffix: z.string(),
      })
      .describe('What fine-tuning learns from it: name of the image, prompt, right answer'),
    corrected_at: timestamp,
  })
  .meta({ id: 'Correction' });
export type Correction = z.infer<typeof correctionSchema>;

export const correctionPageSchema = pageOf('CorrectionPage', correctionSchema);
export type CorrectionPage = z.infer<typeof correctionPageSchema>;

const itemNumber = z.coerce.number().int().min(0).max(2_147_483_647);

export const correctionQuerySchema = pageQuerySchema.extend({
  n: itemNumber.optional().describe('Only of this item'),
});

export const correctionKeySchema = z.object({
  n: itemNumber,
  task: z.coerce.number().int().min(0).max(15),
});
