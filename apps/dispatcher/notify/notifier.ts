import type { WebhookLimits } from '#config';
import { publicId } from '#contracts';
import {
  claimDeliveries,
  recordAttempt,
  releaseDelivery,
  type ClaimedDelivery,
  type WebhookAttemptRecord,
  type Database,
} from '#database';
import type { OutgoingGuard } from '#outgoing';
import type { SecretBox } from '#secrets';
import { failSpan, inSpan, type Logger, type Span } from '#telemetry';
import { planNextStep } from '#webhooks';
import { sendWebhook } from './send-webhook.js';

export interface NotifierParts {
  readonly database: Database;
  readonly guard: OutgoingGuard;
  readonly secrets: SecretBox;
  readonly limits: WebhookLimits;
  readonly log: Logger;
  /** How an attempt went: `delivered`, `retry` or `failed`. */
  readonly onAttempt?: (outcome: string) => void;
  /** For tests. */
  readonly random?: () => number;
}

/** A lease outlives the attempt by so much: time to write down how it went. */
const RECORD_MS = 20_000;
const UNSIGNED =
  'webhook not sent: its secret does not open. Does this process have the SECRETS_KEY that sealed it?';

/**
 * Sends what is due. Any number may run: each delivery is one's at a time, and those of a notifier that died
 * are due again when its lease ends, under the same id.
 */
export class Notifier {
  readonly #parts: NotifierParts;
  readonly #stop = new AbortController();
  readonly #inFlight = new Set<Promise<void>>();

  constructor(parts: NotifierParts) {
    this.#parts = parts;
  }

  /** Takes what there is room for, and waits for none of it. Output: whether there was anything. */
  async step(): Promise<boolean> {
    const { database, limits } = this.#parts;
    const room = limits.inFlight - this.#inFlight.size;
    if (room <= 0) return true;
    const claimed = await claimDeliveries(database, {
      total: room,
      perEndpoint: limits.inFlightPerEndpoint,
      perTenant: limits.inFlightPerTenant,
      leaseMs: limits.timeoutMs + RECORD_MS,
    });
    for (const delivery of claimed) this.#start(delivery);
    return claimed.length > 0;
  }

  /** Resolves when nothing is in flight any more. */
  async idle(): Promise<void> {
    while (this.#inFlight.size > 0) await Promise.all(this.#inFlight);
  }

  /** Cuts off what is in flight and gives it back; receivers may see it twice. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.idle();
  }

  #start(delivery: ClaimedDelivery): void {
    const sending = this.#deliver(delivery)
      // The lease ends by itself, so there is nothing to mend but the silence.
      .catch((error: unknown) =>
        this.#parts.log.warn({ error, delivery: delivery.id }, 'webhook attempt not recorded'),
      )
      .finally(() => this.#inFlight.delete(sending));
    this.#inFlight.add(sending);
  }

  /** An attempt is a span below the request that its event comes from. */
  #deliver(delivery: ClaimedDelivery): Promise<void> {
    const attributes = {
      'pallet.delivery': publicId('delivery', delivery.id),
      'pallet.event': publicId('event', delivery.eventId),
      'pallet.event.type': delivery.type,
      'pallet.attempt': delivery.attempt,
    };
    const options = { parent: delivery.traceParent, kind: 'client', attributes } as const;
    return inSpan('webhook', options, (span) => this.#attempt(delivery, span));
  }

  async #attempt(delivery: ClaimedDelivery, span: Span): Promise<void> {
    const { database, limits, log, random = Math.random } = this.#parts;
    const { signal } = this.#stop;
    const sent = await sendWebhook(this.#parts, delivery, limits.timeoutMs, signal).catch(
      (error: unknown) => {
        if (!signal.aborted) throw error;
        return undefined;
      },
    );
    if (sent === undefined) return releaseDelivery(database, delivery);
    if (sent.unsigned !== undefined) {
      const { id, endpointId } = delivery;
      log.error({ error: sent.unsigned, delivery: id, endpoint: endpointId }, UNSIGNED);
    }
    const { attempt, failingForMs } = delivery;
    const outcome = {
      attempt,
      status: sent.record.response?.status,
      retryAfterMs: sent.retryAfterMs,
      failingForMs: failingForMs ?? undefined,
    };
    const next = planNextStep(outcome, random());
    noteOutcome(span, sent.record);
    await recordAttempt(database, delivery, sent.record, next);
    this.#parts.onAttempt?.(next.delivery.kind);
    const ids = { delivery: publicId('delivery', delivery.id), event: delivery.type };
    log.debug({ ...ids, outcome: next.delivery.kind }, 'webhook attempt');
    if (next.disable !== undefined) {
      log.warn({ delivery: delivery.id, reason: next.disable }, 'webhook switched off');
    }
  }
}

function noteOutcome(span: Span, { response, error }: WebhookAttemptRecord): void {
  if (response !== null) span.setAttribute('http.response.status_code', response.status);
  if (error !== null) failSpan(span, error.code);
}
