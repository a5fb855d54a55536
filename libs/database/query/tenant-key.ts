import { AppError, type Scope } from '#contracts';
import type { Queryable } from '../database.js';
import { saveApiKey, type NewApiKey } from './api-key.js';
import { lockTenant } from './tenant.js';

export interface KeyRecord {
  readonly id: string;
  readonly name: string;
  readonly hint: string;
  readonly scopes: readonly Scope[];
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
  readonly lastUsedAt: Date | null;
}

interface KeyRow extends KeyRecord, Record<string, unknown> {}

const COLUMNS = `id, name, hint, scopes, created_at AS "createdAt", expires_at AS "expiresAt",
  revoked_at AS "revokedAt", last_used_at AS "lastUsedAt"`;

/** Keys of a tenant that open something. */
const MAX_KEYS = 1_000;

/** Input: a key of a tenant that exists. Output: the key as lists show it. Errors: `key.too_many`. */
export async function createTenantKey(
  tx: Queryable,
  key: NewApiKey,
  expiresAt: Date | undefined,
): Promise<KeyRecord> {
  await lockTenant(tx, key.tenantId);
  const [count] = await tx.query<{ valid: number }>(
    'SELECT count(*)::int AS valid FROM api_keys WHERE tenant_id = $1 AND revoked_at IS NULL',
    [key.tenantId],
  );
  if (count!.valid >= MAX_KEYS) {
    throw new AppError(
      'key.too_many',
      `There are ${MAX_KEYS} keys that are not revoked already; revoke some that nobody uses.`,
    );
  }
  await saveApiKey(tx, key);
  const [row] = await tx.query<KeyRow>(
    `UPDATE api_keys SET expires_at = $2 WHERE id = $1 RETURNING ${COLUMNS}`,
    [key.id, expiresAt ?? null],
  );
  return row!;
}

/** Newest first, those that were revoked too. */
export function listTenantKeys(
  db: Queryable,
  tenantId: string,
  page: { limit: number; before?: string },
): Promise<KeyRecord[]> {
  return db.query<KeyRow>(
    `SELECT ${COLUMNS} FROM api_keys
     WHERE tenant_id = $1 AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3`,
    [tenantId, page.before ?? null, page.limit],
  );
}

/**
 * Output: the key opens nothing from the next statement on, nor does a session that it opened; undefined when the
 * tenant has no such key. A second time changes nothing. Errors: `key.last`: without a key that may write and has no
 * end, the tenant could make no other.
 */
export async function revokeTenantKey(
  tx: Queryable,
  tenantId: string,
  id: string,
): Promise<KeyRecord | undefined> {
  // Else two revocations at once would each leave the other's key as the last.
  await lockTenant(tx, tenantId);
  const [row] = await tx.query<KeyRow>(
    `UPDATE api_keys SET revoked_at = coalesce(revoked_at, now())
     WHERE tenant_id = $1 AND id = $2 RETURNING ${COLUMNS}`,
    [tenantId, id],
  );
  if (row === undefined) return undefined;
  const [left] = await tx.query(
    `SELECT 1 FROM api_keys WHERE tenant_id = $1 AND revoked_at IS NULL AND expires_at IS NULL
       AND 'write' = ANY (scopes) LIMIT 1`,
    [tenantId],
  );
  if (left !== undefined) return row;
  throw new AppError(
    'key.last',
    'This is the last key that may write and does not expire; make another one first.',
  );
}
