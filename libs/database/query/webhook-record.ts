import type { Queryable } from '../database.js';
import type { HeldDelivery } from './webhook-claim.js';

/** Text of a body, and whether there was more than is kept. */
export interface KeptBody {
  readonly text: string;
  readonly is_cut: boolean;
}

/** One attempt as it is kept and shown; whoever makes it bounds every part. */
export interface WebhookAttemptRecord {
  readonly at: Date;
  readonly durationMs: number;
  readonly request: {
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: KeptBody;
  };
  readonly response: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: KeptBody;
  } | null;
  readonly error: { readonly code: string; readonly detail: string } | null;
}

/** What follows; times are counted by the database from now. */
export interface AfterAttempt {
  readonly delivery:
    | { readonly kind: 'delivered' }
    | { readonly kind: 'retry'; readonly afterMs: number }
    | { readonly kind: 'failed' };
  readonly throttleMs?: number;
  readonly disable?: 'gone' | 'failing';
}

/** Attempts that are kept of one delivery: some rounds of ten. */
const KEPT_ATTEMPTS = 50;

/**
 * Input: a claimed delivery, its attempt, what follows. Output: all of it is kept, in one statement; false
 * when somebody else holds the delivery by now, and nothing was kept.
 * Errors: those of the connection; then the lease runs out and the delivery is made again, under the same id.
 */
export async function recordAttempt(
  db: Queryable,
  held: HeldDelivery,
  attempt: WebhookAttemptRecord,
  after: AfterAttempt,
): Promise<boolean> {
  const { delivery, throttleMs = null, disable = null } = after;
  const rows = await db.query(RECORD, [
    held.id,
    held.fence,
    delivery.kind === 'retry' ? 'pending' : delivery.kind,
    delivery.kind === 'retry' ? delivery.afterMs : null,
    attempt.response?.status ?? null,
    attempt.error?.code ?? null,
    attempt.at,
    attempt.durationMs,
    storable(attempt.request),
    storable(attempt.response),
    storable(attempt.error),
    throttleMs,
    disable,
  ]);
  return rows.length > 0;
}

/** A receiver may answer anything; jsonb takes neither NUL nor half a surrogate pair. */
function storable(value: unknown): string | null {
  if (value === null) return null;
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'string' ? part.replaceAll('\0', '\uFFFD').toWellFormed() : part,
  );
}

const RECORD = `
WITH delivery AS (
  UPDATE webhook_deliveries SET state = $3, attempts = attempts + 1, round_attempts = round_attempts + 1,
         next_attempt_at = now() + $4 * interval '1 millisecond', lease_until = NULL,
         last_status = $5, last_error = $6,
         delivered_at = CASE WHEN $3 = 'delivered' THEN now() ELSE delivered_at END
  WHERE id = $1 AND fence = $2 AND state = 'pending' AND lease_until IS NOT NULL
  RETURNING id, attempts, endpoint_id
), logged AS (
  INSERT INTO webhook_attempts (delivery_id, n, at, duration_ms, request, response, error)
  SELECT id, attempts, $7, $8, $9, $10, $11 FROM delivery
), trimmed AS (
  DELETE FROM webhook_attempts USING delivery
  WHERE delivery_id = delivery.id AND n <= delivery.attempts - ${KEPT_ATTEMPTS}
), endpoint AS (
  UPDATE webhook_endpoints AS e SET
    failing_since = CASE WHEN $3 = 'delivered' THEN NULL ELSE coalesce(e.failing_since, now()) END,
    not_before = coalesce(now() + $12 * interval '1 millisecond', e.not_before),
    disabled_reason = CASE WHEN $13::text IS NOT NULL AND e.state = 'enabled' THEN $13 ELSE e.disabled_reason END,
    state = CASE WHEN $13::text IS NOT NULL AND e.state = 'enabled' THEN 'disabled' ELSE e.state END
  FROM delivery WHERE e.id = delivery.endpoint_id
    -- A success to a healthy endpoint changes nothing there, so it writes nothing.
    AND ($3 <> 'delivered' OR e.failing_since IS NOT NULL)
)
SELECT id FROM delivery`;
