import { newUuid } from '#contracts';
import { ensureTenant, saveApiKey, type Database } from '#database';
import { hashApiKey } from './auth.guard.js';

/** Makes the tenant `default` and lets it use this key. A second time changes nothing. */
export async function saveBootstrapKey(database: Database, key: string): Promise<void> {
  await database.transaction(async (tx) => {
    const tenantId = await ensureTenant(tx, 'default', newUuid());
    await saveApiKey(tx, {
      id: newUuid(),
      tenantId,
      name: 'bootstrap',
      hash: hashApiKey(key),
      hint: key.slice(0, 8),
      scopes: ['read', 'write'],
    });
  });
}
