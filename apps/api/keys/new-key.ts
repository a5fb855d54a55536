import { createApiKey, newUuid, publicId, type CreateKey, type Key } from '#contracts';
import { createTenantKey, type KeyRecord, type Queryable } from '#database';
import { hashApiKey } from '../auth/auth.guard.js';

/** Output: the key with its text, which nobody can be told a second time. Errors: `key.too_many`. */
export async function newKey(tx: Queryable, tenantId: string, order: CreateKey): Promise<Key> {
  const key = createApiKey();
  const { name, scopes, expires_at: end } = order;
  const identity = { id: newUuid(), hash: hashApiKey(key), hint: key.slice(0, 8) };
  const expiresAt = end === undefined ? undefined : new Date(end);
  const record = await createTenantKey(tx, { ...identity, tenantId, name, scopes }, expiresAt);
  return { ...viewKey(record), key };
}

export const viewKey = (record: KeyRecord): Key => ({
  object: 'api_key',
  id: publicId('key', record.id),
  name: record.name,
  hint: record.hint,
  scopes: [...record.scopes],
  created_at: record.createdAt.toISOString(),
  expires_at: record.expiresAt?.toISOString() ?? null,
  revoked_at: record.revokedAt?.toISOString() ?? null,
  last_used_at: record.lastUsedAt?.toISOString() ?? null,
});
