import { fileKey } from '#contracts';
import { listFilesToRemove, markFileRemoved, type Database } from '#database';
import type { ObjectStore } from '#storage';

/** Bytes of deleted files that the api did not come to remove. Errors: those of the store and of the connection. */
export async function removeDeletedFiles({
  database,
  store,
}: {
  readonly database: Database;
  readonly store: ObjectStore;
}): Promise<void> {
  for (const { id, tenantId } of await listFilesToRemove(database)) {
    await store.remove(fileKey(tenantId, id));
    await markFileRemoved(database, id);
  }
}
