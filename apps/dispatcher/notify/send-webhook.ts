import { AppError, publicId } from '#contracts';
import type { ClaimedDelivery, WebhookAttemptRecord } from '#database';
import { parseRetryAfter, sendOutgoing, type OutgoingAnswer, type OutgoingGuard } from '#outgoing';
import type { SecretBox } from '#secrets';
import { currentTraceParent } from '#telemetry';
import { webhookBody } from '#webhooks';
import { signDelivery } from './sign-delivery.js';

export interface Sent {
  readonly record: WebhookAttemptRecord;
  readonly retryAfterMs?: number;
  /** Why nothing was sent: there was nothing to sign with. */
  readonly unsigned?: AppError;
}

/** What is read of an answer, and kept: enough for an error message. */
const ANSWER_BYTES = 4_096;
/** What is kept of a request's body; the receiver got all of it. */
const KEPT_BODY_CHARACTERS = 16_384;
const KEPT_HEADER_CHARACTERS = 512;
const KEPT_HEADERS = ['content-type', 'date', 'location', 'retry-after', 'server'];
const CONNECT_MS = 5_000;
const CONTENT_HEADERS = {
  'content-type': 'application/json',
  'user-agent': 'Pallet-Webhooks/1',
};
const UNSIGNED = {
  code: 'webhook.unsigned',
  detail:
    'It was not sent: the server cannot read the secret to sign it with. Tell its operator, or rotate the secret with an overlap of 0.',
};

/**
 * Makes one attempt. Output: how it went, with whatever the receiver answered; an attempt that fails is no error.
 * Errors: whatever `signal` was aborted with; then nobody knows whether it arrived.
 */
export async function sendWebhook(
  { guard, secrets }: { readonly guard: OutgoingGuard; readonly secrets: SecretBox },
  delivery: ClaimedDelivery,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Sent> {
  const at = delivery.claimedAt;
  const started = performance.now();
  const body = webhookBody(delivery, delivery.payload);
  const id = publicId('event', delivery.eventId);
  const { unsigned, signature } = signDelivery(secrets, delivery, id, { at, body });
  const headers = { ...CONTENT_HEADERS, ...signature, ...traceHeader() };
  const request = { url: delivery.url, headers, body: keep(body, KEPT_BODY_CHARACTERS) };
  const took = () => ({ at, durationMs: Math.round(performance.now() - started), request });
  const failed = (error: typeof UNSIGNED) => ({ ...took(), response: null, error });
  if (unsigned !== undefined) return { record: failed(UNSIGNED), unsigned };
  try {
    const answer = await sendOutgoing(guard, {
      method: 'POST',
      url: delivery.url,
      headers,
      body,
      signal,
      answerBytes: ANSWER_BYTES,
      connectMs: Math.min(CONNECT_MS, timeoutMs),
      totalMs: timeoutMs,
    });
    return {
      record: { ...took(), response: viewAnswer(answer), error: errorOf(answer.status) },
      retryAfterMs: parseRetryAfter(answer.headers['retry-after'], Date.now()),
    };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof AppError)) throw error;
    return { record: failed({ code: error.code, detail: error.message }) };
  }
}

/** The attempt's span, for receivers that trace too; they learn two random numbers. */
function traceHeader(): Record<string, string> {
  const traceparent = currentTraceParent();
  return traceparent === undefined ? {} : { traceparent };
}

function viewAnswer(answer: OutgoingAnswer): NonNullable<WebhookAttemptRecord['response']> {
  const headers = KEPT_HEADERS.flatMap((name) => {
    const value = answer.headers[name];
    return value === undefined ? [] : [[name, value.slice(0, KEPT_HEADER_CHARACTERS)] as const];
  });
  return {
    status: answer.status,
    headers: Object.fromEntries(headers),
    body: { text: answer.body.toString('utf8'), is_cut: answer.isCut },
  };
}

function errorOf(status: number): WebhookAttemptRecord['error'] {
  if (status >= 200 && status < 300) return null;
  const isRedirect = status >= 300 && status < 400;
  const detail = isRedirect
    ? `It answered ${status}; redirects are not followed. Register the address that it leads to.`
    : `It answered ${status}; only 2xx says that an event has arrived.`;
  return { code: 'webhook.not_accepted', detail };
}

const keep = (text: string, most: number) => ({
  text: text.slice(0, most),
  is_cut: text.length > most,
});
