import { imageKey } from '#contracts';
import { hasBlob, type Database } from '#database';
import type { ObjectStore } from '#storage';
import type { SpooledFile } from './spool.js';

export interface IntakeParts {
  readonly database: Database;
  readonly store: ObjectStore;
}

/**
 * Brings a file's bytes into the object store, unless the tenant has sent the same bytes before.
 * Storing the same key twice at once is harmless: the bytes are the same. Errors: those of the store.
 */
export async function storeImage(
  parts: IntakeParts,
  tenantId: string,
  file: SpooledFile,
): Promise<void> {
  if (await hasBlob(parts.database, tenantId, file.sha256)) return;
  await parts.store.put(imageKey(tenantId, file.sha256), file.body(), { bytes: file.bytes });
}
