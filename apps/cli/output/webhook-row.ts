import type { Webhook, WebhookDelivery } from '#contracts';
import type { Column } from './table.js';

export const WEBHOOK_COLUMNS: readonly Column[] = [
  { title: 'WEBHOOK' },
  { title: 'STATE' },
  { title: 'SCOPE' },
  { title: 'EVENTS', most: 40 },
  { title: 'URL' },
];

export const webhookRow = (webhook: Webhook): string[] => [
  webhook.id,
  webhook.disabled_reason === null ? webhook.state : `disabled (${webhook.disabled_reason})`,
  webhook.scope,
  webhook.events.join(' '),
  webhook.url,
];

export const DELIVERY_COLUMNS: readonly Column[] = [
  { title: 'DELIVERY' },
  { title: 'EVENT' },
  { title: 'STATE' },
  { title: 'ATTEMPTS' },
  { title: 'ANSWER' },
  { title: 'NEXT' },
  { title: 'CREATED' },
];

export const deliveryRow = (delivery: WebhookDelivery): string[] => [
  delivery.id,
  delivery.event.type,
  delivery.state,
  `${delivery.attempts}`,
  delivery.last_status === null ? (delivery.last_error ?? '-') : `${delivery.last_status}`,
  delivery.next_attempt_at ?? '-',
  delivery.created_at,
];
