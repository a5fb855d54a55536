import { hasBlob } from '#database';
import type { ApiParts } from '../parts.js';
import type { SpooledFile } from './spool.js';

/** Where the bytes of an image lie: made of our ids only. Workers read the same key. */
const imageKey = (tenantId: string, sha256: string): string => `t/${tenantId}/images/${sha256}`;

/**
 * Brings a file's bytes into the object store, unless the tenant has sent the same bytes before.
 * Storing the same key twice at once is harmless: the bytes are the same. Errors: those of the store.
 */
export async function storeImage(
  parts: ApiParts,
  tenantId: string,
  file: SpooledFile,
): Promise<void> {
  if (await hasBlob(parts.database, tenantId, file.sha256)) return;
  await parts.store.put(imageKey(tenantId, file.sha256), file.body(), { bytes: file.bytes });
}
