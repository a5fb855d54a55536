import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, imageKey, type StorageQuota } from '#contracts';
import { lookForBlob, tooManyBytes, type Database, type SeenBlob } from '#database';
import type { ObjectStore } from '#storage';
import type { Refusal } from './refusal.js';
import type { SpooledFile } from './spool.js';

export interface IntakeParts {
  readonly database: Database;
  readonly store: ObjectStore;
}

/** The same content was deleted a moment ago, and is on its way out of the store: seconds at most. */
const LOOKS = 50;
const LOOK_EVERY_MS = 200;

/**
 * Brings a file's bytes into the object store, unless the tenant has sent the same bytes before.
 * Storing the same key twice at once is harmless: the bytes are the same.
 * Output: what the row of the image is written with; or why it is refused, when it is above the quota as it is now:
 * then nothing is stored. Whether it is when its row is written, `recordFiles` says.
 * Errors: those of the store; `storage.unavailable`.
 */
export async function storeImage(
  parts: IntakeParts,
  { tenantId, quota }: { readonly tenantId: string; readonly quota: StorageQuota },
  file: SpooledFile,
): Promise<SeenBlob | { readonly refused: Refusal }> {
  for (let look = 1; look <= LOOKS; look += 1) {
    const found = await lookForBlob(parts.database, tenantId, file.sha256);
    const { stored, at, leaving, usedBytes: used } = found;
    if (!stored && used + file.bytes > quota.storedBytes) {
      return { refused: tooManyBytes({ bytes: file.bytes, used }, quota) };
    }
    if (!stored && !leaving) {
      const key = imageKey(tenantId, file.sha256);
      await file.send((body) => parts.store.put(key, body, { bytes: file.bytes }));
    }
    if (stored || !leaving) return { stored, at };
    await sleep(LOOK_EVERY_MS);
  }
  throw new AppError(
    'storage.unavailable',
    'The same picture was deleted, and its bytes have not left the store yet; try again shortly.',
    { retryable: true },
  );
}
