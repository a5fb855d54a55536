import { z } from 'zod';
import { idSchema } from './identifier.js';
import { timestamp } from './page.js';

const waiting = {
  pool: z.string().describe('The model that is asked'),
  priority: z.int(),
  jobs: z.int().describe('That have not ended and are not paused'),
  items: z.int().describe('Images of those jobs that have not ended'),
  accelerator_seconds: z.number().describe('Time of one accelerator that they need, as measured'),
  waiting_since: timestamp
    .nullable()
    .describe('Creation of the oldest job of which no worker has taken anything'),
};

export const queueSchema = z
  .object({
    object: z.literal('queue'),
    waiting: z.array(z.object(waiting)).describe('By model and priority, the longest first'),
    in_flight_items: z.int().describe('The part of it that workers hold now'),
  })
  .meta({ id: 'Queue' });
export type Queue = z.infer<typeof queueSchema>;

const poolSchema = z
  .object({
    pool: z.string(),
    items: z.int().describe('Images that have not ended'),
    accelerator_seconds: z.number(),
    in_flight_items: z.int(),
    oldest_wait_seconds: z.number().nullable(),
    workers: z.int(),
  })
  .meta({ id: 'Pool' });
export type Pool = z.infer<typeof poolSchema>;

export const systemQueueSchema = z
  .object({
    object: z.literal('system_queue'),
    pools: z.array(poolSchema),
    waiting: z
      .array(
        z.object({ tenant: z.object({ id: idSchema('tenant'), name: z.string() }), ...waiting }),
      )
      .describe('By tenant, model and priority, the longest first'),
    has_more: z.boolean().describe('There are more than these'),
  })
  .meta({ id: 'SystemQueue' });
export type SystemQueue = z.infer<typeof systemQueueSchema>;
