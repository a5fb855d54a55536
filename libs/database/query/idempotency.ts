import { AppError } from '#contracts';
import type { Database, Queryable } from '../database.js';

const KEPT = '24 hours';

export interface IdempotentRequest {
  readonly tenantId: string;
  readonly key: string;
  /** SHA-256 over method, path and body. */
  readonly requestHash: Buffer;
}

export interface KeptAnswer<T> {
  readonly status: number;
  readonly response: T;
  /** True when this is the answer of an earlier request with this key. */
  readonly replayed: boolean;
}

/**
 * Runs `effect` once per key, and keeps its answer in the transaction of the effect: either both are
 * there or neither is.
 *
 * Input: the key and hash of a request; its effect.
 * Output: the answer, new or kept. An effect that fails keeps nothing, so the same request may try again.
 * Errors: `idempotency.in_progress` while the first request runs; `idempotency.mismatch` when the key
 * was used for another request; whatever the effect throws; those of the connection.
 */
export async function runIdempotent<T>(
  database: Database,
  request: IdempotentRequest,
  effect: (tx: Queryable) => Promise<{ status: number; response: T }>,
): Promise<KeptAnswer<T>> {
  return database.transaction(async (tx) => {
    await lockKey(tx, request);
    const kept = await findAnswer<T>(tx, request);
    if (kept !== undefined) return { ...kept, replayed: true };
    const answer = await effect(tx);
    await tx.query(
      `INSERT INTO idempotency_keys (tenant_id, key, request_hash, status, response)
       VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (tenant_id, key) DO UPDATE
       SET request_hash = excluded.request_hash, status = excluded.status,
           response = excluded.response, created_at = now()`,
      [
        request.tenantId,
        request.key,
        request.requestHash,
        answer.status,
        JSON.stringify(answer.response),
      ],
    );
    return { ...answer, replayed: false };
  });
}

/** Output: answers past their time are gone. The dispatcher calls it now and then. */
export async function forgetIdempotencyKeys(db: Queryable): Promise<void> {
  await db.query(`DELETE FROM idempotency_keys WHERE created_at < now() - interval '${KEPT}'`);
}

/** Not waited for: a client that hears 409 knows that its first request is alive. */
async function lockKey(tx: Queryable, { tenantId, key }: IdempotentRequest): Promise<void> {
  const [lock] = await tx.query<{ taken: boolean }>(
    'SELECT pg_try_advisory_xact_lock(hashtextextended($1, 1)) AS taken',
    [`${tenantId} ${key}`],
  );
  if (lock?.taken) return;
  throw new AppError(
    'idempotency.in_progress',
    'A request with this Idempotency-Key is still running; send it again in a moment.',
    { retryable: true },
  );
}

async function findAnswer<T>(
  tx: Queryable,
  request: IdempotentRequest,
): Promise<{ status: number; response: T } | undefined> {
  const [row] = await tx.query<{ request_hash: Buffer; status: number; response: T }>(
    `SELECT request_hash, status, response FROM idempotency_keys
     WHERE tenant_id = $1 AND key = $2 AND created_at > now() - interval '${KEPT}'`,
    [request.tenantId, request.key],
  );
  if (row === undefined) return undefined;
  if (!row.request_hash.equals(request.requestHash)) {
    throw new AppError(
      'idempotency.mismatch',
      'This Idempotency-Key was used for another request; use a new key for a new request.',
    );
  }
  return { status: row.status, response: row.response };
}
