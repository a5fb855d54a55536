import { z } from 'zod';
import { idSchema } from './identifier.js';
import { pageOf, pageQuerySchema, timestamp } from './page.js';

/** What happens to jobs, image sets, imports, batches, exports and fine-tuning jobs; `webhook.test` is asked for. */
export const webhookEventTypes = [
  'job.created',
  'job.started',
  'job.paused',
  'job.resumed',
  'job.extended',
  'job.finished',
  'job.cancelled',
  'image_set.sealed',
  'import.completed',
  'import.failed',
  'import.cancelled',
  'batch.completed',
  'batch.failed',
  'batch.expired',
  'batch.cancelled',
  'export.completed',
  'export.failed',
  'fine_tuning.created',
  'fine_tuning.finished',
  'fine_tuning.failed',
  'fine_tuning.cancelled',
] as const;
export type WebhookEventType = (typeof webhookEventTypes)[number] | 'webhook.test';

/** What most receivers wait for: ends. */
const DEFAULT_EVENTS = webhookEventTypes.filter(
  (type) => !/\.(created|started|paused|resumed|extended)$/.test(type),
);

const eventsSchema = z
  .array(z.enum(webhookEventTypes))
  .min(1)
  .transform((events) => [...new Set(events)].toSorted())
  .describe('What is sent; default: everything that ends');

export const webhookPayloadSchema = z
  .enum(['thin', 'full'])
  .describe('thin: what changed, with counts and a path; full: the whole job as GET shows it');
export type WebhookPayload = z.infer<typeof webhookPayloadSchema>;

const urlSchema = z.string().max(2048).describe('https://, on port 443 or 8443; no credentials');
const descriptionSchema = z.string().trim().max(200);

export const webhookScopeSchema = z
  .enum(['all', 'named'])
  .describe('all: everything of the tenant; named: only jobs that name this webhook');

export const createWebhookSchema = z
  .strictObject({
    url: urlSchema,
    events: eventsSchema.default(() => [...DEFAULT_EVENTS].toSorted()),
    payload: webhookPayloadSchema.default('thin'),
    scope: webhookScopeSchema.default('all'),
    description: descriptionSchema.optional(),
  })
  .meta({ id: 'CreateWebhook' });
export type CreateWebhook = z.infer<typeof createWebhookSchema>;

export const updateWebhookSchema = z
  .strictObject({
    url: urlSchema.optional(),
    events: eventsSchema.optional(),
    payload: webhookPayloadSchema.optional(),
    description: descriptionSchema.optional().describe('An empty one takes it away'),
    state: z.enum(['enabled', 'disabled']).optional(),
  })
  .meta({ id: 'UpdateWebhook' });
export type UpdateWebhook = z.infer<typeof updateWebhookSchema>;

/** `webhook` of POST /v1/jobs. */
export const jobWebhookSchema = z
  .union([
    z.strictObject({ id: idSchema('webhook').describe('One that exists') }),
    z.strictObject({
      url: urlSchema,
      events: createWebhookSchema.shape.events,
      payload: createWebhookSchema.shape.payload,
    }),
  ])
  .meta({ id: 'JobWebhook' });
export type JobWebhook = z.infer<typeof jobWebhookSchema>;

const secretSchema = z
  .string()
  .describe('whsec_..., to verify with; shown only in the answer that made it');

/** In the answer to POST /v1/jobs alone. */
export const namedWebhookSchema = z.object({
  id: idSchema('webhook'),
  secret: secretSchema.optional(),
});

export const webhookSchema = z
  .object({
    object: z.literal('webhook'),
    id: idSchema('webhook'),
    url: z.string(),
    events: z.array(z.string()),
    payload: webhookPayloadSchema,
    scope: webhookScopeSchema,
    description: z.string().nullable(),
    state: z.enum(['enabled', 'disabled']),
    disabled_reason: z
      .enum(['user', 'gone', 'failing'])
      .nullable()
      .describe('gone: it answered 410; failing: nothing got through for five days'),
    failing_since: timestamp.nullable(),
    secret: secretSchema.optional(),
    created_at: timestamp,
  })
  .meta({ id: 'Webhook' });
export type Webhook = z.infer<typeof webhookSchema>;
export const webhookPageSchema = pageOf('WebhookPage', webhookSchema);
export type WebhookPage = z.infer<typeof webhookPageSchema>;
export const webhookQuerySchema = pageQuerySchema.extend({
  job: z.string().max(100).optional().describe('Only those that this job names'),
});

export const rotateWebhookSchema = z
  .strictObject({
    overlap_seconds: z
      .int()
      .min(0)
      .max(7 * 86_400)
      .default(86_400)
      .describe('For so long deliveries carry signatures of the old secret, too'),
  })
  .meta({ id: 'RotateWebhook' });
export type RotateWebhook = z.infer<typeof rotateWebhookSchema>;

export const recoverWebhookSchema = z
  .strictObject({
    since: z.iso.datetime({ offset: true }).meta({ format: 'date-time', pattern: undefined }),
  })
  .meta({ id: 'RecoverWebhook' });
export type RecoverWebhook = z.infer<typeof recoverWebhookSchema>;

export const webhookRecoverySchema = z
  .object({
    object: z.literal('webhook.recovery'),
    webhook: idSchema('webhook'),
    since: timestamp,
    deliveries: z
      .int()
      .describe('Events that are sent now: every one that it has not acknowledged'),
  })
  .meta({ id: 'WebhookRecovery' });
export type WebhookRecovery = z.infer<typeof webhookRecoverySchema>;
