import { z } from 'zod';
import { idSchema } from './identifier.js';
import { pageOf, pageQuerySchema, timestamp } from './page.js';

/** One thing that happened to a job. `code` is stable, `message` is for people. */
export const jobLogEntrySchema = z
  .object({
    object: z.literal('job.log_entry'),
    at: timestamp,
    level: z.enum(['info', 'warning']),
    code: z.string(),
    message: z.string(),
    detail: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'JobLogEntry' });
export type JobLogEntry = z.infer<typeof jobLogEntrySchema>;

export const jobLogPageSchema = pageOf('JobLogPage', jobLogEntrySchema);
export type JobLogPage = z.infer<typeof jobLogPageSchema>;

export const jobLogQuerySchema = pageQuerySchema.extend({
  level: z.enum(['info', 'warning']).optional().describe('`warning`: those alone'),
});

/** Where the images of a job are on their way. */
export const jobProgressSchema = z
  .object({
    object: z.literal('job.progress'),
    job: idSchema('job'),
    stages: z
      .array(
        z.object({
          stage: z.enum(['waiting', 'queued', 'working', 'done', 'cancelled']),
          shards: z.int(),
          items: z.int().describe('Images of these shards that have not ended'),
        }),
      )
      .describe(
        'waiting: for a place in the queue; queued: for a worker; working: leased to one; done and cancelled: nothing left',
      ),
    isolated_items: z.int().describe('Suspected of crashing the engine: they run alone'),
    workers: z
      .array(z.object({ id: z.string(), host: z.string(), shards: z.int(), items: z.int() }))
      .describe('Who works on it now'),
    estimated_seconds: z
      .number()
      .nullable()
      .describe(
        'Until the end, if all live workers of the model had nothing else to do; null without a measure or a worker, and for a job that does not run',
      ),
  })
  .meta({ id: 'JobProgress' });
export type JobProgress = z.infer<typeof jobProgressSchema>;

/** How long the images of a job took, in steps of which two are a doubling. */
export const jobLatencySchema = z
  .object({
    object: z.literal('job.latency'),
    job: idSchema('job'),
    images: z
      .int()
      .describe(
        'Images that succeeded since tasks were asked last and whose time is known; not those whose answers were known',
      ),
    p50_ms: z
      .number()
      .nullable()
      .describe('Half of them took that long or less, within its step; null while there are none'),
    p95_ms: z.number().nullable(),
    buckets: z
      .array(
        z.object({
          above_ms: z.number(),
          up_to_ms: z.number().nullable().describe('null: however long'),
          images: z.int(),
        }),
      )
      .describe('From the first step that has an image to the last, those between without one too'),
  })
  .describe('Wall-clock time of an image with its worker: fetch, decode, encode and generate')
  .meta({ id: 'JobLatency' });
export type JobLatency = z.infer<typeof jobLatencySchema>;
