import type { Scope } from '#contracts';
import type { Queryable } from '../database.js';
import type { ApiKey } from './api-key.js';

interface SessionRow extends Record<string, unknown> {
  id: string;
  tenant_id: string;
  hash: Buffer;
  scopes: Scope[];
  expires_at: Date;
}

/** Input: SHA-256 of a new cookie, and its key. Output: the session is there; those of the key that are past their time are gone. */
export async function saveSession(
  db: Queryable,
  session: { readonly hash: Buffer; readonly apiKeyId: string; readonly seconds: number },
): Promise<Date> {
  const [row] = await db.query<{ expires_at: Date }>(
    `WITH late AS (DELETE FROM sessions WHERE api_key_id = $2 AND expires_at < now())
     INSERT INTO sessions (hash, api_key_id, expires_at)
     VALUES ($1, $2, now() + make_interval(secs => $3)) RETURNING expires_at`,
    [session.hash, session.apiKeyId, session.seconds],
  );
  return row!.expires_at;
}

/**
 * Input: SHA-256 of a cookie. Output: its key and its end, unless the session is unknown or past its time,
 * or its key is revoked or past its own. Errors: those of the connection.
 */
export async function findSession(
  db: Queryable,
  hash: Buffer,
): Promise<{ readonly key: ApiKey; readonly expiresAt: Date } | undefined> {
  const [row] = await db.query<SessionRow>(
    `SELECT api_keys.id, api_keys.tenant_id, sessions.hash, api_keys.scopes, sessions.expires_at
     FROM sessions JOIN api_keys ON api_keys.id = sessions.api_key_id
     WHERE sessions.hash = $1 AND sessions.expires_at > now()
       AND api_keys.revoked_at IS NULL AND (api_keys.expires_at IS NULL OR api_keys.expires_at > now())`,
    [hash],
  );
  if (row === undefined) return undefined;
  const { id, tenant_id: tenantId, scopes, expires_at: expiresAt } = row;
  return { key: { id, tenantId, hash: row.hash, scopes }, expiresAt };
}

/** Input: SHA-256 of a cookie. Output: it opens nothing any more. */
export async function endSession(db: Queryable, hash: Buffer): Promise<void> {
  await db.query('DELETE FROM sessions WHERE hash = $1', [hash]);
}

/** Input: a key that is there. Output: what it and its tenant are called. */
export async function describeApiKey(
  db: Queryable,
  keyId: string,
): Promise<{ readonly tenant: string; readonly name: string; readonly hint: string }> {
  const [row] = await db.query<{ tenant: string; name: string; hint: string }>(
    `SELECT tenants.name AS tenant, api_keys.name, api_keys.hint
     FROM api_keys JOIN tenants ON tenants.id = api_keys.tenant_id WHERE api_keys.id = $1`,
    [keyId],
  );
  if (row === undefined) throw new Error(`API key ${keyId} is gone.`);
  return row;
}
