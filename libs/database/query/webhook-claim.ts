import type { WebhookPayload } from '#contracts';
import type { Database, Queryable } from '../database.js';

export interface ClaimLimits {
  /** Deliveries to claim at most. */
  readonly total: number;
  /** In flight at most, over all dispatchers, so that a slow receiver holds a few places and no more. */
  readonly perEndpoint: number;
  /** The same for all endpoints of a tenant: many names may be one slow machine. Kept nearly, not exactly. */
  readonly perTenant: number;
  readonly leaseMs: number;
}

export interface HeldDelivery {
  readonly id: string;
  /** Proof of being the newest holder. */
  readonly fence: number;
}

export interface ClaimedDelivery extends HeldDelivery {
  readonly endpointId: string;
  readonly url: string;
  readonly payload: WebhookPayload;
  /** As stored, newest first; every one signs. */
  readonly secrets: readonly string[];
  readonly eventId: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly createdAt: Date;
  /** By PostgreSQL's clock. Receivers refuse what is signed with a time of minutes ago, and ours may be wrong. */
  readonly claimedAt: Date;
  /** `traceparent` of the request that its subject is of. */
  readonly traceParent: string | null;
  /** From 1, of the schedule that runs now. */
  readonly attempt: number;
  /** How long nothing has got through to the endpoint; null when something has. */
  readonly failingForMs: number | null;
}

/**
 * Output: deliveries that are due, held for `leaseMs`: if nothing is recorded until then, they are due again.
 * Longest due first, from enabled endpoints that have room. Errors: those of the connection.
 *
 * Endpoints are locked before what they have in flight is counted, so two dispatchers never fill the same
 * room. Neither statement waits for a lock.
 */
export function claimDeliveries(
  database: Database,
  limits: ClaimLimits,
): Promise<ClaimedDelivery[]> {
  const { total, perEndpoint, perTenant, leaseMs } = limits;
  return database.transaction(async (tx) => {
    const endpoints = await tx.query<{ id: string }>(LOCK_ENDPOINTS, [
      total,
      perEndpoint,
      perTenant,
    ]);
    if (endpoints.length === 0) return [];
    const ids = endpoints.map((endpoint) => endpoint.id);
    return tx.query<ClaimedDelivery & Record<string, unknown>>(CLAIM, [
      total,
      perEndpoint,
      perTenant,
      leaseMs,
      ids,
    ]);
  });
}

// Endpoints with something due, found by skipping through the index: a backlog of one costs the others nothing.
const LOCK_ENDPOINTS = `
WITH RECURSIVE waiting AS (
  (SELECT endpoint_id AS id FROM webhook_deliveries WHERE state = 'pending' ORDER BY endpoint_id LIMIT 1)
  UNION ALL
  SELECT (SELECT d.endpoint_id FROM webhook_deliveries d
          WHERE d.state = 'pending' AND d.endpoint_id > w.id ORDER BY d.endpoint_id LIMIT 1)
  FROM waiting w WHERE w.id IS NOT NULL
)
SELECT e.id FROM waiting
JOIN webhook_endpoints e ON e.id = waiting.id
CROSS JOIN LATERAL (
  SELECT next_attempt_at FROM webhook_deliveries
  WHERE state = 'pending' AND endpoint_id = e.id ORDER BY next_attempt_at LIMIT 1
) AS first
WHERE e.state = 'enabled' AND (e.not_before IS NULL OR e.not_before <= now())
  AND first.next_attempt_at <= now()
  AND $2 > (SELECT count(*) FROM webhook_deliveries d WHERE d.endpoint_id = e.id AND d.lease_until > now())
  AND $3 > (SELECT count(*) FROM webhook_deliveries d WHERE d.tenant_id = e.tenant_id AND d.lease_until > now())
ORDER BY first.next_attempt_at LIMIT $1
FOR NO KEY UPDATE OF e SKIP LOCKED`;

// An id is of one subject, and jobs come first: most events are of theirs.
const TRACED = ['jobs', 'image_sets', 'imports', 'exports', 'batches', 'fine_tunings'];
const TRACE_PARENT = `coalesce(${TRACED.map((table) => `(SELECT trace_parent FROM ${table} WHERE id = ev.subject_id)`).join(', ')})`;

const CLAIM = `
WITH room AS (
  SELECT e.id, e.tenant_id,
         $2 - (SELECT count(*) FROM webhook_deliveries d
               WHERE d.endpoint_id = e.id AND d.lease_until > now()) AS of_endpoint,
         $3 - (SELECT count(*) FROM webhook_deliveries d
               WHERE d.tenant_id = e.tenant_id AND d.lease_until > now()) AS of_tenant
  FROM webhook_endpoints e WHERE e.id = ANY ($5::uuid[])
), due AS (
  SELECT d.id, d.next_attempt_at, room.of_tenant,
         row_number() OVER (PARTITION BY room.tenant_id ORDER BY d.next_attempt_at) AS nth
  FROM room CROSS JOIN LATERAL (
    SELECT id, next_attempt_at FROM webhook_deliveries
    WHERE state = 'pending' AND endpoint_id = room.id AND next_attempt_at <= now()
    ORDER BY next_attempt_at LIMIT greatest(room.of_endpoint, 0)
    FOR UPDATE SKIP LOCKED
  ) AS d
), chosen AS (
  SELECT id FROM due WHERE nth <= of_tenant ORDER BY next_attempt_at LIMIT $1
), held AS (
  UPDATE webhook_deliveries AS d SET fence = fence + 1,
         lease_until = now() + $4 * interval '1 millisecond',
         next_attempt_at = now() + $4 * interval '1 millisecond'
  FROM chosen WHERE d.id = chosen.id
  RETURNING d.id, d.fence, d.endpoint_id, d.event_id, d.round_attempts
)
SELECT held.id, held.fence, e.id AS "endpointId", e.url, e.payload, held.event_id AS "eventId", ev.type, ev.data,
       ev.created_at AS "createdAt", clock_timestamp() AS "claimedAt", held.round_attempts + 1 AS attempt,
       ${TRACE_PARENT} AS "traceParent",
       (extract(epoch FROM now() - e.failing_since) * 1000)::float8 AS "failingForMs",
       ARRAY(SELECT secret FROM webhook_secrets s
             WHERE s.endpoint_id = e.id AND (s.expires_at IS NULL OR s.expires_at > now())
             ORDER BY s.id DESC) AS secrets
FROM held JOIN webhook_endpoints e ON e.id = held.endpoint_id JOIN webhook_events ev ON ev.id = held.event_id`;

/** Input: a delivery that its holder could not finish (it stops). Output: due at once, and not counted. */
export async function releaseDelivery(db: Queryable, held: HeldDelivery): Promise<void> {
  await db.query(
    `UPDATE webhook_deliveries SET lease_until = NULL, next_attempt_at = now()
     WHERE id = $1 AND fence = $2 AND state = 'pending'`,
    [held.id, held.fence],
  );
}
