import type { Scope } from '#contracts';
import type { Queryable } from '../database.js';
import { joinedQuery } from '../joined.js';

export interface ApiKey {
  readonly id: string;
  readonly tenantId: string;
  /** SHA-256 of the key. */
  readonly hash: Buffer;
  readonly scopes: readonly Scope[];
}

interface ApiKeyRow extends Record<string, unknown> {
  id: string;
  tenant_id: string;
  hash: Buffer;
  scopes: Scope[];
}

/**
 * Input: SHA-256 of a key; not in a transaction. Output: the key, unless it is unknown, revoked or past its time; that
 * it was used is noted once a minute at most, so that reads stay reads. Requests of the same moment ask together, and
 * nothing is kept: a key is refused from the moment that it is revoked. Errors: those of the connection.
 */
export function findApiKey(db: Queryable, hash: Buffer): Promise<ApiKey | undefined> {
  return findTogether(db, hash.toString('hex'));
}

const findTogether = joinedQuery((hash: string) => hash, findApiKeys);

async function findApiKeys(db: Queryable, hashes: readonly string[]): Promise<Map<string, ApiKey>> {
  const rows = await db.query<ApiKeyRow>(
    `WITH found AS (
       SELECT id, tenant_id, hash, scopes, last_used_at FROM api_keys
       WHERE hash = ANY (ARRAY(SELECT decode(hex, 'hex') FROM unnest($1::text[]) AS t (hex)))
         AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
     ), noted AS (
       UPDATE api_keys SET last_used_at = now() FROM found
       WHERE api_keys.id = found.id
         AND (found.last_used_at IS NULL OR found.last_used_at < now() - interval '1 minute')
     )
     SELECT id, tenant_id, hash, scopes FROM found`,
    [hashes],
  );
  return new Map(
    rows.map(({ id, tenant_id: tenantId, hash, scopes }) => [
      hash.toString('hex'),
      { id, tenantId, hash, scopes },
    ]),
  );
}

export interface NewApiKey {
  readonly id: string;
  readonly tenantId: string;
  readonly name: string;
  readonly hash: Buffer;
  /** Its first characters, to tell keys apart in a list. */
  readonly hint: string;
  readonly scopes: readonly Scope[];
}

/** Input: a key's hash and its tenant, which exists. Output: it is known; a second time changes nothing. */
export async function saveApiKey(db: Queryable, key: NewApiKey): Promise<void> {
  await db.query(
    `INSERT INTO api_keys (id, tenant_id, name, hash, hint, scopes) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (hash) DO NOTHING`,
    [key.id, key.tenantId, key.name, key.hash, key.hint, key.scopes],
  );
}

/** Input: SHA-256 of a key that is known. Output: it may exactly this. */
export async function grantScopes(
  db: Queryable,
  hash: Buffer,
  scopes: readonly Scope[],
): Promise<void> {
  await db.query('UPDATE api_keys SET scopes = $2 WHERE hash = $1 AND scopes <> $2', [
    hash,
    scopes,
  ]);
}

/**
 * Input: a transaction. Output: id of the oldest tenant of that name, made with `newId` if there is
 * none. Processes that start together agree on one.
 */
export async function ensureTenant(tx: Queryable, name: string, newId: string): Promise<string> {
  await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('tenant ' || $1, 0))`, [name]);
  const [known] = await tx.query<{ id: string }>(
    'SELECT id FROM tenants WHERE name = $1 ORDER BY id LIMIT 1',
    [name],
  );
  if (known !== undefined) return known.id;
  await tx.query('INSERT INTO tenants (id, name) VALUES ($1, $2)', [newId, name]);
  return newId;
}
