import { newUuid, SCOPES } from '#contracts';
import { ensureTenant, grantScopes, saveApiKey, type Database } from '#database';
import { hashApiKey } from './auth.guard.js';

/**
 * Makes the tenant `default` and lets it use this key, which is the operator's: it may everything. A second time
 * changes nothing.
 */
export async function saveBootstrapKey(database: Database, key: string): Promise<void> {
  await database.transaction(async (tx) => {
    const tenantId = await ensureTenant(tx, 'default', newUuid());
    const hash = hashApiKey(key);
    await saveApiKey(tx, {
      id: newUuid(),
      tenantId,
      name: 'bootstrap',
      hash,
      hint: key.slice(0, 8),
      scopes: [...SCOPES],
    });
    // One that an older version has saved could not operate.
    await grantScopes(tx, hash, SCOPES);
  });
}
