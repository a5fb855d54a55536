import { Inject, Injectable } from '@nestjs/common';
import type { z } from 'zod';
import {
  AppError,
  notFound,
  requireUuid,
  type RecoverWebhook,
  type WebhookDelivery,
  type WebhookDeliveryLog,
  type WebhookDeliveryPage,
  type webhookDeliveryQuerySchema,
  type WebhookRecovery,
} from '#contracts';
import {
  addTestDelivery,
  findDelivery,
  findWebhook,
  listAttempts,
  listDeliveries,
  recoverDeliveries,
  resendDelivery,
  type DeliveryRecord,
  type KeptAnswer,
  type Queryable,
  type WebhookRecord,
} from '#database';
import { once } from '../idempotency/idempotency.js';
import { decodeCursor, toPage, UUID_CURSOR } from '../page/page.js';
import { API_PARTS, type ApiParts } from '../parts.js';
import { viewAttempt, viewDelivery } from './webhook-view.js';

@Injectable()
export class DeliveryService {
  constructor(@Inject(API_PARTS) private readonly parts: ApiParts) {}

  async list(
    tenantId: string,
    id: string,
    { limit, cursor, state }: z.output<typeof webhookDeliveryQuerySchema>,
  ): Promise<WebhookDeliveryPage> {
    const before = decodeCursor(cursor, UUID_CURSOR);
    const { database } = this.parts;
    const webhook = await requireWebhook(database, tenantId, id);
    const page = { limit: limit + 1, before, state };
    const deliveries = await listDeliveries(database, webhook.id, page);
    return toPage(deliveries, limit, (delivery) => delivery.id, viewDelivery);
  }

  async get(tenantId: string, id: string, deliveryId: string): Promise<WebhookDeliveryLog> {
    const { database } = this.parts;
    const webhook = await requireWebhook(database, tenantId, id);
    const delivery = await requireDelivery(database, webhook, deliveryId);
    const log = await listAttempts(database, delivery.id);
    return { ...viewDelivery(delivery), log: log.map(viewAttempt) };
  }

  /** Errors: `webhook.disabled`. */
  test(
    tenantId: string,
    id: string,
    key: string | undefined,
  ): Promise<KeptAnswer<WebhookDelivery>> {
    const scope = { tenantId, key, route: `POST /v1/webhooks/${id}/test`, body: {} };
    return once(this.parts.database, scope, 202, async (tx) => {
      const webhook = await requireEnabled(tx, tenantId, id);
      const made = await addTestDelivery(tx, tenantId, webhook.id);
      const delivery = await findDelivery(tx, webhook.id, made);
      if (delivery === undefined) throw new Error(`Delivery ${made} is not there.`);
      return viewDelivery(delivery);
    });
  }

  /** Errors: `webhook.disabled`. */
  async resend(tenantId: string, id: string, deliveryId: string): Promise<WebhookDelivery> {
    const { database } = this.parts;
    const webhook = await requireEnabled(database, tenantId, id);
    const delivery = await requireDelivery(database, webhook, deliveryId);
    await resendDelivery(database, delivery.id);
    return viewDelivery(await requireDelivery(database, webhook, deliveryId));
  }

  /** Errors: `webhook.disabled`. */
  async recover(tenantId: string, id: string, body: RecoverWebhook): Promise<WebhookRecovery> {
    const { database } = this.parts;
    const webhook = await requireEnabled(database, tenantId, id);
    const since = new Date(body.since);
    const deliveries = await recoverDeliveries(database, webhook.id, since);
    return { object: 'webhook.recovery', webhook: id, since: since.toISOString(), deliveries };
  }
}

async function requireWebhook(db: Queryable, tenantId: string, id: string): Promise<WebhookRecord> {
  const webhook = await findWebhook(db, tenantId, requireUuid('webhook', id));
  if (webhook === undefined) throw notFound('webhook', id);
  return webhook;
}

async function requireEnabled(db: Queryable, tenantId: string, id: string): Promise<WebhookRecord> {
  const webhook = await requireWebhook(db, tenantId, id);
  if (webhook.state === 'enabled') return webhook;
  throw new AppError(
    'webhook.disabled',
    'This webhook is switched off, so nothing is sent to it. Enable it first: PATCH {"state":"enabled"}.',
  );
}

async function requireDelivery(
  db: Queryable,
  webhook: WebhookRecord,
  id: string,
): Promise<DeliveryRecord> {
  const delivery = await findDelivery(db, webhook.id, requireUuid('delivery', id));
  if (delivery === undefined) throw notFound('delivery', id);
  return delivery;
}
