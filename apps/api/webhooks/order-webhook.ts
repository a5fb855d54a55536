import {
  newUuid,
  notFound,
  publicId,
  requireUuid,
  type CreateWebhook,
  type Job,
  type JobWebhook,
} from '#contracts';
import {
  findWebhook,
  nameWebhook,
  nameWebhookByUrl,
  type NewWebhook,
  type Queryable,
} from '#database';
import type { OutgoingGuard } from '#outgoing';
import type { WebhookSecrets } from './webhook-secrets.js';

/** What making a webhook takes. */
export interface WebhookMaker {
  readonly guard: OutgoingGuard;
  readonly secrets: WebhookSecrets;
}

/** Its secret is as it is stored. Errors: `outgoing.*`, for a URL that would never be connected to. */
export function newWebhook(
  { guard, secrets }: WebhookMaker,
  tenantId: string,
  { url, events, payload, scope, description }: CreateWebhook,
): NewWebhook {
  guard.checkUrl(url);
  const order = { tenantId, url, events, payload, scope, description: description ?? null };
  const id = newUuid();
  return { ...order, id, secret: secrets.make(id) };
}

/**
 * Input: an open transaction that will insert the job. Output: what the answer to its creation says of the
 * webhook that it names, its secret as it is stored. Errors: `outgoing.*`, `webhook.not_found`.
 */
export async function nameJobWebhook(
  tx: Queryable,
  maker: WebhookMaker,
  tenantId: string,
  jobId: string,
  webhook: JobWebhook,
): Promise<NonNullable<Job['webhook']>> {
  if ('id' in webhook) {
    const found = await findWebhook(tx, tenantId, requireUuid('webhook', webhook.id));
    if (found === undefined) throw notFound('webhook', webhook.id);
    await nameWebhook(tx, jobId, found.id);
    return { id: webhook.id };
  }
  const wanted = newWebhook(maker, tenantId, { ...webhook, scope: 'named' });
  const { id, isNew } = await nameWebhookByUrl(tx, jobId, wanted);
  return { id: publicId('webhook', id), ...(isNew ? { secret: wanted.secret } : {}) };
}

/** Refuses what `nameJobWebhook` would refuse, and names nothing. */
export async function checkJobWebhook(
  db: Queryable,
  guard: OutgoingGuard,
  tenantId: string,
  webhook: JobWebhook,
): Promise<void> {
  if ('url' in webhook) {
    guard.checkUrl(webhook.url);
    return;
  }
  const found = await findWebhook(db, tenantId, requireUuid('webhook', webhook.id));
  if (found === undefined) throw notFound('webhook', webhook.id);
}
