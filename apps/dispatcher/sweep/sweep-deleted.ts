import { imageKey } from '#contracts';
import { removeBytes, sweepDeletedSet, type Database } from '#database';
import type { ObjectStore } from '#storage';

/** Lets go of the images of deleted sets, then of the bytes that nothing refers to. Any number may run, and end anywhere. */
export async function sweepDeleted(database: Database, store: ObjectStore): Promise<void> {
  while (await sweepDeletedSet(database)) {
    // Bounded steps; the next one goes on where this one ended.
  }
  const remove = (tenantId: string, sha256: string) => store.remove(imageKey(tenantId, sha256));
  while (await removeBytes(database, remove)) {
    // The same.
  }
}
