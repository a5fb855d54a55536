import { publicId, type Webhook, type WebhookAttempt, type WebhookDelivery } from '#contracts';
import type { DeliveryRecord, LoggedAttempt, WebhookRecord } from '#database';

/** `secret` only where it was just made. */
export const viewWebhook = (webhook: WebhookRecord, secret?: string): Webhook => ({
  object: 'webhook',
  id: publicId('webhook', webhook.id),
  url: webhook.url,
  events: [...webhook.events],
  payload: webhook.payload,
  scope: webhook.scope,
  description: webhook.description,
  state: webhook.state,
  disabled_reason: webhook.disabledReason,
  failing_since: webhook.failingSince?.toISOString() ?? null,
  ...(secret === undefined ? {} : { secret }),
  created_at: webhook.createdAt.toISOString(),
});

export const viewDelivery = (delivery: DeliveryRecord): WebhookDelivery => ({
  object: 'webhook.delivery',
  id: publicId('delivery', delivery.id),
  webhook: publicId('webhook', delivery.endpointId),
  event: {
    id: publicId('event', delivery.eventId),
    type: delivery.type,
    created_at: delivery.eventCreatedAt.toISOString(),
  },
  state: delivery.state,
  attempts: delivery.attempts,
  last_status: delivery.lastStatus,
  last_error: delivery.lastError,
  next_attempt_at: delivery.nextAttemptAt?.toISOString() ?? null,
  delivered_at: delivery.deliveredAt?.toISOString() ?? null,
  created_at: delivery.createdAt.toISOString(),
});

export const viewAttempt = (attempt: LoggedAttempt): WebhookAttempt => ({
  n: attempt.n,
  at: attempt.at.toISOString(),
  duration_ms: attempt.durationMs,
  request: { ...attempt.request, headers: { ...attempt.request.headers } },
  response: attempt.response && {
    ...attempt.response,
    headers: { ...attempt.response.headers },
  },
  error: attempt.error,
});
