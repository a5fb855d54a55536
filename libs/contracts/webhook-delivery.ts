import { z } from 'zod';
import { idSchema } from './identifier.js';
import { pageOf, pageQuerySchema, timestamp } from './page.js';

export const webhookDeliveryStateSchema = z
  .enum(['pending', 'delivered', 'failed'])
  .describe('failed: given up; can be sent again');
export type WebhookDeliveryState = z.infer<typeof webhookDeliveryStateSchema>;

/** One event to one webhook. */
export const webhookDeliverySchema = z
  .object({
    object: z.literal('webhook.delivery'),
    id: idSchema('delivery'),
    webhook: idSchema('webhook'),
    event: z.object({
      id: idSchema('event').describe('What is sent as webhook-id, at every attempt'),
      type: z.string(),
      created_at: timestamp,
    }),
    state: webhookDeliveryStateSchema,
    attempts: z.int(),
    last_status: z.int().nullable().describe('Of the last answer, if any came'),
    last_error: z.string().nullable(),
    next_attempt_at: timestamp.nullable(),
    delivered_at: timestamp.nullable(),
    created_at: timestamp,
  })
  .meta({ id: 'WebhookDelivery' });
export type WebhookDelivery = z.infer<typeof webhookDeliverySchema>;
export const webhookDeliveryPageSchema = pageOf('WebhookDeliveryPage', webhookDeliverySchema);
export type WebhookDeliveryPage = z.infer<typeof webhookDeliveryPageSchema>;
export const webhookDeliveryQuerySchema = pageQuerySchema.extend({
  state: webhookDeliveryStateSchema.optional(),
});

const keptBody = z.object({
  text: z.string(),
  is_cut: z.boolean().describe('There was more than is kept'),
});

export const webhookAttemptSchema = z
  .object({
    n: z.int(),
    at: timestamp,
    duration_ms: z.int(),
    request: z.object({
      url: z.string(),
      headers: z.record(z.string(), z.string()),
      body: keptBody,
    }),
    response: z
      .object({ status: z.int(), headers: z.record(z.string(), z.string()), body: keptBody })
      .nullable(),
    error: z.object({ code: z.string(), detail: z.string() }).nullable(),
  })
  .meta({ id: 'WebhookAttempt' });
export type WebhookAttempt = z.infer<typeof webhookAttemptSchema>;

/** With every attempt, as far as they are kept. */
export const webhookDeliveryLogSchema = webhookDeliverySchema
  .extend({ log: z.array(webhookAttemptSchema) })
  .meta({ id: 'WebhookDeliveryLog' });
export type WebhookDeliveryLog = z.infer<typeof webhookDeliveryLogSchema>;
