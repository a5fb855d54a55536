import { Inject, Injectable } from '@nestjs/common';
import type { z } from 'zod';
import {
  notFound,
  requireUuid,
  type CreateWebhook,
  type RotateWebhook,
  type UpdateWebhook,
  type Webhook,
  type WebhookPage,
  type webhookQuerySchema,
} from '#contracts';
import {
  createWebhook,
  findJob,
  findWebhook,
  listWebhooks,
  removeWebhook,
  rotateWebhookSecret,
  updateWebhook,
  type KeptAnswer,
} from '#database';
import { once } from '../idempotency/idempotency.js';
import { decodeCursor, toPage, UUID_CURSOR } from '../page/page.js';
import { API_PARTS, type ApiParts } from '../parts.js';
import { newWebhook } from './order-webhook.js';
import { OutgoingUrls } from './outgoing-urls.js';
import { WebhookSecrets } from './webhook-secrets.js';
import { viewWebhook } from './webhook-view.js';

@Injectable()
export class WebhookService {
  constructor(
    @Inject(API_PARTS) private readonly parts: ApiParts,
    private readonly urls: OutgoingUrls,
    private readonly secrets: WebhookSecrets,
  ) {}

  async create(
    tenantId: string,
    body: CreateWebhook,
    key: string | undefined,
  ): Promise<KeptAnswer<Webhook>> {
    const scope = { tenantId, key, route: 'POST /v1/webhooks', body };
    const answer = await once(this.parts.database, scope, 201, async (tx) => {
      const maker = { guard: this.urls.guard, secrets: this.secrets };
      const webhook = newWebhook(maker, tenantId, body);
      return viewWebhook(await createWebhook(tx, webhook), webhook.secret);
    });
    return { ...answer, response: this.secrets.show(answer.response) };
  }

  async get(tenantId: string, id: string): Promise<Webhook> {
    const webhook = await findWebhook(this.parts.database, tenantId, requireUuid('webhook', id));
    if (webhook === undefined) throw notFound('webhook', id);
    return viewWebhook(webhook);
  }

  async list(
    tenantId: string,
    { limit, cursor, job }: z.output<typeof webhookQuerySchema>,
  ): Promise<WebhookPage> {
    const before = decodeCursor(cursor, UUID_CURSOR);
    const jobId = job === undefined ? undefined : await this.#requireJob(tenantId, job);
    const page = { limit: limit + 1, before, jobId };
    const webhooks = await listWebhooks(this.parts.database, tenantId, page);
    return toPage(
      webhooks,
      limit,
      (webhook) => webhook.id,
      (webhook) => viewWebhook(webhook),
    );
  }

  /** Errors: `outgoing.*`, for a URL that would never be connected to. */
  async update(tenantId: string, id: string, change: UpdateWebhook): Promise<Webhook> {
    if (change.url !== undefined) this.urls.guard.checkUrl(change.url);
    const uuid = requireUuid('webhook', id);
    const webhook = await updateWebhook(this.parts.database, tenantId, uuid, change);
    if (webhook === undefined) throw notFound('webhook', id);
    return viewWebhook(webhook);
  }

  async remove(tenantId: string, id: string): Promise<void> {
    const uuid = requireUuid('webhook', id);
    const { database } = this.parts;
    const wasThere = await database.transaction((tx) => removeWebhook(tx, tenantId, uuid));
    if (!wasThere) throw notFound('webhook', id);
  }

  async rotate(
    tenantId: string,
    id: string,
    body: RotateWebhook,
    key: string | undefined,
  ): Promise<KeptAnswer<Webhook>> {
    const scope = { tenantId, key, route: `POST /v1/webhooks/${id}/rotate`, body };
    const answer = await once(this.parts.database, scope, 200, async (tx) => {
      const webhook = await findWebhook(tx, tenantId, requireUuid('webhook', id));
      if (webhook === undefined) throw notFound('webhook', id);
      const secret = this.secrets.make(webhook.id);
      await rotateWebhookSecret(tx, webhook.id, secret, body.overlap_seconds);
      return viewWebhook(webhook, secret);
    });
    return { ...answer, response: this.secrets.show(answer.response) };
  }

  async #requireJob(tenantId: string, id: string): Promise<string> {
    const job = await findJob(this.parts.database, tenantId, requireUuid('job', id));
    if (job === undefined) throw notFound('job', id);
    return job.id;
  }
}
