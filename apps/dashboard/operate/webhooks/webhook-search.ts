import type { WebhookDeliveryState } from '#contracts';

export const DELIVERY_STATES: readonly WebhookDeliveryState[] = ['pending', 'delivered', 'failed'];

/** What the address of a webhook says about its deliveries. */
export interface WebhookSearch {
  readonly state?: WebhookDeliveryState;
  /** The one that is open. */
  readonly delivery?: string;
}

export function readWebhookSearch(search: Readonly<Record<string, unknown>>): WebhookSearch {
  const state = DELIVERY_STATES.find((known) => known === search.state);
  return {
    ...(state && { state }),
    ...(typeof search.delivery === 'string' && { delivery: search.delivery }),
  };
}
