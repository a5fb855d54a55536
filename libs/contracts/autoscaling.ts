import { z } from 'zod';

/** What a pool may be, for whoever asks how large it shall be. KEDA and a plain HPA bring limits of their own. */
export const autoscalingQuerySchema = z
  .object({
    min: z.coerce.number().int().min(0).max(10_000).default(0),
    max: z.coerce.number().int().min(1).max(10_000).default(20),
    /** Accelerator time that one worker shall have before it, in seconds. */
    target_seconds: z.coerce.number().positive().max(86_400).default(240),
  })
  .refine((query) => query.min <= query.max, { path: ['min'], message: 'must not exceed max' });
export type AutoscalingQuery = z.infer<typeof autoscalingQuerySchema>;

const workSchema = z.object({ items: z.int(), accelerator_seconds: z.number() });

/** `GET /internal/autoscaling/{pool}`: numbers at fixed places, so that KEDA's `metrics-api` can read them. */
export const autoscalingSignalSchema = z.object({
  object: z.literal('autoscaling_signal'),
  /** The model that the pool's workers serve. */
  pool: z.string(),
  /**
   * What a scaler divides by its target, in accelerator-seconds: `outstanding`, and at least 1 while a worker is
   * wanted at all. It is 0 exactly when the pool may go.
   */
  value: z.number(),
  outstanding: workSchema,
  /** The part of it that workers hold now. */
  in_flight: workSchema,
  /** Measured from what workers answered lately; null before the first measure. */
  seconds_per_answer: z.number().nullable(),
  /** Age of the oldest job of which no worker has taken anything; null when there is none. */
  oldest_wait_seconds: z.number().nullable(),
  /** Workers of the pool that were seen within the last 15 s. */
  workers: z.int(),
  desired_replicas: z.int(),
  reason: z.string(),
});
export type AutoscalingSignal = z.infer<typeof autoscalingSignalSchema>;
