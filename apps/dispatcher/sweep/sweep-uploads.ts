import { uploadPrefix } from '#contracts';
import {
  expireUploads,
  listUploadsToSweep,
  markUploadSwept,
  type Database,
  type UploadToSweep,
} from '#database';
import type { ObjectStore } from '#storage';

/** Removes the parts of uploads that have ended or were forgotten. Any number may run, and end anywhere. */
export async function sweepUploads(database: Database, store: ObjectStore): Promise<void> {
  await expireUploads(database);
  for (const upload of await listUploadsToSweep(database)) {
    await removeParts(store, upload);
    await markUploadSwept(database, upload);
  }
}

async function removeParts(store: ObjectStore, { tenantId, id }: UploadToSweep): Promise<void> {
  for await (const { key } of store.list(uploadPrefix(tenantId, id))) await store.remove(key);
}
