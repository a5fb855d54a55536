import { Inject, Injectable } from '@nestjs/common';
import { requireUuid } from '#contracts';
import { openWebhookSecret, SecretBox, sealWebhookSecret } from '#secrets';
import { createWebhookSecret } from '#webhooks';
import { API_PARTS, type ApiParts } from '../parts.js';

/**
 * Secrets are sealed before they come near the database, and opened again only in the answer that shows them:
 * what is kept for an Idempotency-Key is sealed, too.
 */
@Injectable()
export class WebhookSecrets {
  readonly #box: SecretBox;

  constructor(@Inject(API_PARTS) { config }: ApiParts) {
    this.#box = new SecretBox(config.secretsKey);
  }

  /** Output: a new secret, as it is stored. */
  make(endpointId: string): string {
    return sealWebhookSecret(this.#box, endpointId, createWebhookSecret());
  }

  /** Input: an answer with its secret as stored, if it has one. Errors: `secrets.unreadable`. */
  show<T extends { readonly id: string; readonly secret?: string }>(webhook: T): T {
    const { id, secret } = webhook;
    if (secret === undefined) return webhook;
    return {
      ...webhook,
      secret: openWebhookSecret(this.#box, requireUuid('webhook', id), secret),
    };
  }
}
