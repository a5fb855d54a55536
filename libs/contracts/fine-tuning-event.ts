import { z } from 'zod';
import { pageOf, pageQuerySchema, timestamp } from './page.js';

export const fineTuningEventTypeSchema = z.enum([
  'created',
  'started',
  'step',
  'evaluation',
  'checkpoint',
  'interrupted',
  'cancel_requested',
  'cancelled',
  'resumed',
  'succeeded',
  'failed',
]);
export type FineTuningEventType = z.infer<typeof fineTuningEventTypeSchema>;

/** One thing that happened to a fine-tuning job; a step is told once, however often it was computed. */
export const fineTuningEventSchema = z
  .object({
    object: z.literal('fine_tuning.job.event'),
    n: z.int().describe('Number of the event in its job, from 1, without gaps'),
    type: fineTuningEventTypeSchema,
    level: z.enum(['info', 'warn', 'error']),
    message: z.string(),
    step: z.int().nullable().describe('Updates done'),
    data: z
      .record(z.string(), z.unknown())
      .describe('Numbers of the event: loss, learning rate, metrics'),
    created_at: timestamp,
  })
  .meta({ id: 'FineTuningEvent' });
export type FineTuningEvent = z.infer<typeof fineTuningEventSchema>;
export const fineTuningEventPageSchema = pageOf('FineTuningEventPage', fineTuningEventSchema);
export const fineTuningEventQuerySchema = pageQuerySchema.extend({
  after: z.coerce
    .number()
    .int()
    .min(0)
    .optional()
    .describe('Only events after the one of this number: to follow a job as it goes'),
});
export type FineTuningEventPage = z.infer<typeof fineTuningEventPageSchema>;

/** A state of the training from which it goes on, on any machine. */
export const fineTuningCheckpointSchema = z
  .object({
    object: z.literal('fine_tuning.job.checkpoint'),
    step: z.int(),
    bytes: z.int(),
    created_at: timestamp,
  })
  .meta({ id: 'FineTuningCheckpoint' });
export type FineTuningCheckpoint = z.infer<typeof fineTuningCheckpointSchema>;
export const fineTuningCheckpointPageSchema = pageOf(
  'FineTuningCheckpointPage',
  fineTuningCheckpointSchema,
);
export type FineTuningCheckpointPage = z.infer<typeof fineTuningCheckpointPageSchema>;
