import { z } from 'zod';
import {
  webhookDeliveryLogSchema,
  webhookDeliveryPageSchema,
  webhookDeliverySchema,
  webhookPageSchema,
  webhookRecoverySchema,
  webhookSchema,
  type createWebhookSchema,
  type UpdateWebhook,
  type Webhook,
  type WebhookDelivery,
  type WebhookDeliveryLog,
  type WebhookDeliveryState,
  type WebhookRecovery,
} from '#contracts';
import { ApiCalls, get, post, type CallOptions, type ListOptions } from './api-calls.js';
import type { TransportOptions } from './transport.js';

const WEBHOOKS = '/v1/webhooks';

/** Webhooks and their deliveries, as the API has them. */
export class WebhookClient {
  readonly #api: ApiCalls;

  constructor(options: TransportOptions) {
    this.#api = new ApiCalls(options);
  }

  create(body: z.input<typeof createWebhookSchema>, options: CallOptions = {}): Promise<Webhook> {
    return this.#api.call(webhookSchema, post(WEBHOOKS, { json: body, ...options }));
  }

  /** Newest first, over all pages. */
  list({ job, ...options }: { job?: string } & CallOptions = {}): AsyncGenerator<Webhook> {
    return this.#api.entries(webhookPageSchema, WEBHOOKS, { job }, options);
  }

  update(id: string, json: UpdateWebhook, options: CallOptions = {}): Promise<Webhook> {
    const request = { path: webhookPath(id), json, isRepeatable: true, signal: options.signal };
    return this.#api.call(webhookSchema, { method: 'PATCH', ...request });
  }

  async remove(id: string, options: CallOptions = {}): Promise<void> {
    const request = { path: webhookPath(id), signal: options.signal };
    await this.#api.call(z.undefined(), { method: 'DELETE', ...request });
  }

  rotate(
    id: string,
    overlapSeconds: number | undefined,
    options: CallOptions = {},
  ): Promise<Webhook> {
    const json = { overlap_seconds: overlapSeconds };
    return this.#api.call(webhookSchema, post(`${webhookPath(id)}/rotate`, { json, ...options }));
  }

  test(id: string, options: CallOptions = {}): Promise<WebhookDelivery> {
    return this.#api.call(webhookDeliverySchema, post(`${webhookPath(id)}/test`, { ...options }));
  }

  /** Newest first, over all pages. */
  deliveries(
    id: string,
    { state, ...options }: { state?: WebhookDeliveryState } & ListOptions = {},
  ): AsyncGenerator<WebhookDelivery> {
    const path = `${webhookPath(id)}/deliveries`;
    return this.#api.entries(webhookDeliveryPageSchema, path, { state }, options);
  }

  delivery(id: string, delivery: string, options: CallOptions = {}): Promise<WebhookDeliveryLog> {
    return this.#api.call(webhookDeliveryLogSchema, get(deliveryPath(id, delivery), options));
  }

  resend(id: string, delivery: string, options: CallOptions = {}): Promise<WebhookDelivery> {
    const path = `${deliveryPath(id, delivery)}/resend`;
    const rest = { isRepeatable: true, signal: options.signal };
    return this.#api.call(webhookDeliverySchema, post(path, rest));
  }

  recover(id: string, since: string, options: CallOptions = {}): Promise<WebhookRecovery> {
    const rest = { json: { since }, isRepeatable: true, signal: options.signal };
    return this.#api.call(webhookRecoverySchema, post(`${webhookPath(id)}/recover`, rest));
  }
}

const webhookPath = (id: string): string => `${WEBHOOKS}/${encodeURIComponent(id)}`;
const deliveryPath = (id: string, delivery: string): string =>
  `${webhookPath(id)}/deliveries/${encodeURIComponent(delivery)}`;
