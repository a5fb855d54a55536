import type { Queryable } from '../database.js';
import type { WebhookAttemptRecord } from './webhook-record.js';

export interface DeliveryRecord {
  readonly id: string;
  readonly endpointId: string;
  readonly eventId: string;
  readonly type: string;
  readonly eventCreatedAt: Date;
  readonly state: 'pending' | 'delivered' | 'failed';
  readonly attempts: number;
  readonly lastStatus: number | null;
  readonly lastError: string | null;
  readonly nextAttemptAt: Date | null;
  readonly deliveredAt: Date | null;
  readonly createdAt: Date;
}

type DeliveryRow = DeliveryRecord & Record<string, unknown>;

const SELECT = `SELECT d.id, d.endpoint_id AS "endpointId", d.event_id AS "eventId", ev.type,
  ev.created_at AS "eventCreatedAt", d.state, d.attempts, d.last_status AS "lastStatus",
  d.last_error AS "lastError", d.next_attempt_at AS "nextAttemptAt", d.delivered_at AS "deliveredAt",
  d.created_at AS "createdAt"
  FROM webhook_deliveries d JOIN webhook_events ev ON ev.id = d.event_id`;

/** Input: an endpoint of the tenant that asks, ids older than `before` only, of one state if given. Newest first. */
export function listDeliveries(
  db: Queryable,
  endpointId: string,
  page: { limit: number; before?: string; state?: DeliveryRecord['state'] },
): Promise<DeliveryRecord[]> {
  return db.query<DeliveryRow>(
    `${SELECT} WHERE d.endpoint_id = $1 AND ($2::uuid IS NULL OR d.id < $2)
       AND ($3::text IS NULL OR d.state = $3)
     ORDER BY d.id DESC LIMIT $4`,
    [endpointId, page.before ?? null, page.state ?? null, page.limit],
  );
}

/** Output: undefined when the endpoint has no such delivery. */
export async function findDelivery(
  db: Queryable,
  endpointId: string,
  id: string,
): Promise<DeliveryRecord | undefined> {
  const [row] = await db.query<DeliveryRow>(`${SELECT} WHERE d.endpoint_id = $1 AND d.id = $2`, [
    endpointId,
    id,
  ]);
  return row;
}

export interface LoggedAttempt extends WebhookAttemptRecord {
  readonly n: number;
}

/** Output: the attempts that are kept, in their order. */
export function listAttempts(db: Queryable, deliveryId: string): Promise<LoggedAttempt[]> {
  return db.query<LoggedAttempt & Record<string, unknown>>(
    `SELECT n, at, duration_ms AS "durationMs", request, response, error FROM webhook_attempts
     WHERE delivery_id = $1 ORDER BY n`,
    [deliveryId],
  );
}

// What is being sent at this moment is left to its sender.
const AGAIN = `state = 'pending', round_attempts = 0, next_attempt_at = now(), lease_until = NULL`;
const IS_FREE = `(webhook_deliveries.lease_until IS NULL OR webhook_deliveries.lease_until <= now())`;

/** Output: the event is due again under its id, with a schedule from the start, whatever came of it before. */
export async function resendDelivery(db: Queryable, id: string): Promise<void> {
  await db.query(`UPDATE webhook_deliveries SET ${AGAIN} WHERE id = $1 AND ${IS_FREE}`, [id]);
}

/** Input: an open transaction, an endpoint. Output: the id of a delivery of a `webhook.test` to it alone. */
export async function addTestDelivery(
  tx: Queryable,
  tenantId: string,
  endpointId: string,
): Promise<string> {
  const data = { object: 'webhook.test', message: 'A test, asked for through the API.' };
  const [row] = await tx.query<{ id: string }>(
    `WITH event AS (
       INSERT INTO webhook_events (tenant_id, type, subject_id, data)
       VALUES ($1, 'webhook.test', $2, $3) RETURNING id
     )
     INSERT INTO webhook_deliveries (tenant_id, endpoint_id, event_id) SELECT $1, $2, id FROM event
     RETURNING id`,
    [tenantId, endpointId, JSON.stringify(data)],
  );
  if (row === undefined) throw new Error('The test delivery is not there.');
  return row.id;
}

/**
 * Input: an endpoint of the tenant, a moment. Output: every event since then that the endpoint wants and has
 * not acknowledged is due now, also those from before it existed or while it was off; their number.
 */
export async function recoverDeliveries(
  db: Queryable,
  endpointId: string,
  since: Date,
): Promise<number> {
  const [row] = await db.query<{ total: number }>(
    `WITH due AS (
       INSERT INTO webhook_deliveries (tenant_id, endpoint_id, event_id)
       SELECT e.tenant_id, e.id, ev.id
       FROM webhook_endpoints e JOIN webhook_events ev ON ev.tenant_id = e.tenant_id
       WHERE e.id = $1 AND ev.created_at >= $2 AND ev.type = ANY (e.events)
         AND (e.scope = 'all' OR EXISTS (
           SELECT 1 FROM webhook_jobs j WHERE j.job_id = ev.subject_id AND j.endpoint_id = e.id))
       ON CONFLICT (endpoint_id, event_id) DO UPDATE SET ${AGAIN}
       WHERE webhook_deliveries.state <> 'delivered' AND ${IS_FREE}
       RETURNING 1
     )
     SELECT count(*)::int AS total FROM due`,
    [endpointId, since],
  );
  return row?.total ?? 0;
}
