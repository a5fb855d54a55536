import { z } from 'zod';
import { createJobSchema, itemResultSchema, jobSchema } from './job.js';

/** Most images that a preview runs: somebody waits for them, ahead of all bulk work. */
const MOST_SAMPLES = 32;

export const previewJobSchema = createJobSchema
  .extend({
    samples: z
      .int()
      .min(1)
      .max(MOST_SAMPLES)
      .default(8)
      .describe('Images to run, spread over the set; the same ones each time'),
    images: z
      .array(z.int().min(0).max(2_147_483_647))
      .min(1)
      .max(MOST_SAMPLES)
      .optional()
      .describe('Numbers of the images to run, instead of some that are spread over the set'),
  })
  .meta({ id: 'PreviewJob' });
export type PreviewJob = z.infer<typeof previewJobSchema>;

export const jobEstimateSchema = z
  .object({
    images_per_second: z.number().describe('Of all workers together, as measured on the samples'),
    seconds: z.number().describe('From the start to the end, if nothing else runs'),
    accelerator_seconds: z.number().describe('Of all workers together'),
  })
  .meta({ id: 'JobEstimate' });
export type JobEstimate = z.infer<typeof jobEstimateSchema>;

export const jobPreviewSchema = z
  .object({
    object: z.literal('job_preview'),
    image_set: jobSchema.shape.image_set,
    model: z.string(),
    tasks: jobSchema.shape.tasks,
    items: z.int().describe('Images that the job would have'),
    workers: z.int().describe('Live workers that serve the model now'),
    samples: z
      .array(itemResultSchema)
      .describe('What the samples that ended in time were answered; every one was computed'),
    samples_left: z.int().describe('Samples that did not end in time'),
    known_share: z
      .number()
      .min(0)
      .max(1)
      .describe(
        'Part of the answers that are known and need no computing, estimated on 500 images',
      ),
    estimate: jobEstimateSchema.nullable().describe('null when no sample ended in time'),
  })
  .meta({ id: 'JobPreview' });
export type JobPreview = z.infer<typeof jobPreviewSchema>;
