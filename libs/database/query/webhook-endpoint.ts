import { AppError, type WebhookPayload } from '#contracts';
import type { Queryable } from '../database.js';

/** Endpoints that a tenant may register; those of jobs do not count. */
export const MOST_WEBHOOKS = 100;

export type WebhookScope = 'all' | 'named';

export interface NewWebhook {
  readonly id: string;
  readonly tenantId: string;
  readonly url: string;
  readonly description: string | null;
  readonly events: readonly string[];
  readonly payload: WebhookPayload;
  readonly scope: WebhookScope;
  /** As it is stored: sealed where there is a key. */
  readonly secret: string;
}

export interface WebhookRecord {
  readonly id: string;
  readonly url: string;
  readonly description: string | null;
  readonly events: readonly string[];
  readonly payload: WebhookPayload;
  readonly scope: WebhookScope;
  readonly state: 'enabled' | 'disabled';
  readonly disabledReason: 'user' | 'gone' | 'failing' | null;
  readonly failingSince: Date | null;
  readonly createdAt: Date;
}

type WebhookRow = WebhookRecord & Record<string, unknown>;

const COLUMNS = `id, url, description, events, payload, scope, state,
  disabled_reason AS "disabledReason", failing_since AS "failingSince", created_at AS "createdAt"`;

/** Input: an open transaction. Output: an enabled endpoint with its secret. Errors: `webhook.too_many`. */
export async function createWebhook(tx: Queryable, webhook: NewWebhook): Promise<WebhookRecord> {
  const [count] = await tx.query<{ total: number }>(
    `SELECT count(*)::int AS total FROM webhook_endpoints
     WHERE tenant_id = $1 AND state <> 'removed' AND NOT of_job`,
    [webhook.tenantId],
  );
  if ((count?.total ?? 0) >= MOST_WEBHOOKS) {
    throw new AppError(
      'webhook.too_many',
      `There are ${MOST_WEBHOOKS} webhooks already; remove one that is not needed.`,
    );
  }
  return insertWebhook(tx, webhook, false);
}

/**
 * Input: an open transaction, a job that is or will be there, where it is to be told of.
 * Output: the endpoint that it names now. Jobs that bring the same URL share one, so that receivers need one
 * secret; `isNew` tells whether `webhook.secret` counts.
 */
export async function nameWebhookByUrl(
  tx: Queryable,
  jobId: string,
  webhook: NewWebhook,
): Promise<{ id: string; isNew: boolean }> {
  const [known] = await tx.query<{ id: string }>(
    `SELECT id FROM webhook_endpoints
     WHERE tenant_id = $1 AND of_job AND state = 'enabled' AND url = $2 AND events = $3 AND payload = $4
     ORDER BY id DESC LIMIT 1`,
    [webhook.tenantId, webhook.url, webhook.events, webhook.payload],
  );
  const { id } = known ?? (await insertWebhook(tx, webhook, true));
  await nameWebhook(tx, jobId, id);
  return { id, isNew: known === undefined };
}

/** Input: an open transaction, a job that is or will be there, an endpoint of its tenant. */
export async function nameWebhook(tx: Queryable, jobId: string, id: string): Promise<void> {
  await tx.query('INSERT INTO webhook_jobs (job_id, endpoint_id) VALUES ($1, $2)', [jobId, id]);
}

async function insertWebhook(
  tx: Queryable,
  webhook: NewWebhook,
  ofJob: boolean,
): Promise<WebhookRecord> {
  const [row] = await tx.query<WebhookRow>(
    `WITH made AS (
       INSERT INTO webhook_endpoints (id, tenant_id, url, description, events, payload, scope, of_job)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING *
     ), secret AS (
       INSERT INTO webhook_secrets (endpoint_id, secret) SELECT id, $9 FROM made
     )
     SELECT ${COLUMNS} FROM made`,
    [
      webhook.id,
      webhook.tenantId,
      webhook.url,
      webhook.description,
      webhook.events,
      webhook.payload,
      webhook.scope,
      ofJob,
      webhook.secret,
    ],
  );
  if (row === undefined) throw new Error(`Webhook ${webhook.id} is not there.`);
  return row;
}

/** Output: the endpoint; undefined when the tenant has no such one. */
export async function findWebhook(
  db: Queryable,
  tenantId: string,
  id: string,
): Promise<WebhookRecord | undefined> {
  const [row] = await db.query<WebhookRow>(
    `SELECT ${COLUMNS} FROM webhook_endpoints WHERE tenant_id = $1 AND id = $2 AND state <> 'removed'`,
    [tenantId, id],
  );
  return row;
}

/** Input: ids older than `before` only, named by one job if given. Output: newest first, `limit` at most. */
export function listWebhooks(
  db: Queryable,
  tenantId: string,
  page: { limit: number; before?: string; jobId?: string },
): Promise<WebhookRecord[]> {
  return db.query<WebhookRow>(
    `SELECT ${COLUMNS} FROM webhook_endpoints
     WHERE tenant_id = $1 AND state <> 'removed' AND ($2::uuid IS NULL OR id < $2)
       AND ($3::uuid IS NULL OR id IN (SELECT endpoint_id FROM webhook_jobs WHERE job_id = $3))
     ORDER BY id DESC LIMIT $4`,
    [tenantId, page.before ?? null, page.jobId ?? null, page.limit],
  );
}

export interface WebhookChange {
  readonly url?: string;
  readonly events?: readonly string[];
  readonly payload?: WebhookPayload;
  /** Empty: none from now on. */
  readonly description?: string;
  readonly state?: 'enabled' | 'disabled';
}

/** Output: the endpoint as it is now; undefined when the tenant has no such one. Enabling forgets its failures. */
export async function updateWebhook(
  db: Queryable,
  tenantId: string,
  id: string,
  change: WebhookChange,
): Promise<WebhookRecord | undefined> {
  const [row] = await db.query<WebhookRow>(
    `UPDATE webhook_endpoints SET
       url = coalesce($3, url), events = coalesce($4, events), payload = coalesce($5, payload),
       description = nullif(coalesce($6, description), ''), state = coalesce($7, state),
       disabled_reason = CASE $7 WHEN 'enabled' THEN NULL WHEN 'disabled' THEN 'user' ELSE disabled_reason END,
       failing_since = CASE WHEN $7 = 'enabled' OR $3 <> url THEN NULL ELSE failing_since END,
       not_before = CASE WHEN $7 = 'enabled' OR $3 <> url THEN NULL ELSE not_before END
     WHERE tenant_id = $1 AND id = $2 AND state <> 'removed' RETURNING ${COLUMNS}`,
    [
      tenantId,
      id,
      change.url ?? null,
      change.events ?? null,
      change.payload ?? null,
      change.description ?? null,
      change.state ?? null,
    ],
  );
  return row;
}

/** Output: false when the tenant has no such one. Its secrets are gone at once, its log soon. */
export async function removeWebhook(tx: Queryable, tenantId: string, id: string): Promise<boolean> {
  const removed = await tx.query(
    `UPDATE webhook_endpoints SET state = 'removed'
     WHERE tenant_id = $1 AND id = $2 AND state <> 'removed' RETURNING 1`,
    [tenantId, id],
  );
  if (removed.length === 0) return false;
  await tx.query('DELETE FROM webhook_secrets WHERE endpoint_id = $1', [id]);
  return true;
}

/** Secrets that sign at the same time at most; each makes every delivery's head longer. */
const MOST_SECRETS = 3;

/**
 * Input: an open transaction, an endpoint, its next secret as it is stored. Output: deliveries are signed with it, and for
 * `overlapSeconds` with the ones before, too.
 */
export async function rotateWebhookSecret(
  tx: Queryable,
  id: string,
  secret: string,
  overlapSeconds: number,
): Promise<void> {
  // Of the endpoint, so that two rotations at once do not both leave a secret without an end.
  await tx.query('SELECT 1 FROM webhook_endpoints WHERE id = $1 FOR NO KEY UPDATE', [id]);
  await tx.query(
    `UPDATE webhook_secrets SET expires_at = now() + $2 * interval '1 second'
     WHERE endpoint_id = $1 AND (expires_at IS NULL OR expires_at > now() + $2 * interval '1 second')`,
    [id, overlapSeconds],
  );
  await tx.query('INSERT INTO webhook_secrets (endpoint_id, secret) VALUES ($1, $2)', [id, secret]);
  await tx.query(
    `DELETE FROM webhook_secrets WHERE endpoint_id = $1 AND (expires_at <= now() OR id NOT IN (
       SELECT id FROM webhook_secrets WHERE endpoint_id = $1 ORDER BY id DESC LIMIT ${MOST_SECRETS}))`,
    [id],
  );
}
