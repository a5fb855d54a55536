import type { UpdateWebhook, Webhook, WebhookPayload } from '#contracts';
import type { ChosenEvent } from './event-choice';

/** A webhook as it is typed. */
export interface WebhookDraft {
  readonly url: string;
  /** Empty: none. */
  readonly description: string;
  readonly events: readonly ChosenEvent[];
  readonly payload: WebhookPayload;
}

export const draftOf = ({ url, description, events, payload }: Webhook): WebhookDraft => ({
  url,
  description: description ?? '',
  // Its description says text of them, but it takes and so has these alone.
  events: events as ChosenEvent[],
  payload,
});

/** What was typed over, and nothing else: somebody else may have changed the rest meanwhile. */
export function changeOf(before: WebhookDraft, after: WebhookDraft): UpdateWebhook {
  const { url, description, events, payload } = after;
  return {
    ...(url !== before.url && { url }),
    ...(description !== before.description && { description }),
    ...(!isSame(events, before.events) && { events: [...events] }),
    ...(payload !== before.payload && { payload }),
  };
}

const isSame = (some: readonly ChosenEvent[], others: readonly ChosenEvent[]): boolean =>
  some.toSorted().join() === others.toSorted().join();
