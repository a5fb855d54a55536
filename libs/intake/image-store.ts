import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, imageKey } from '#contracts';
import { lookForBlob, type Database, type SeenBlob } from '#database';
import type { ObjectStore } from '#storage';
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
 * Output: what the row of the image is written with. Errors: those of the store; `storage.unavailable`.
 */
export async function storeImage(
  parts: IntakeParts,
  tenantId: string,
  file: SpooledFile,
): Promise<SeenBlob> {
  for (let look = 1; look <= LOOKS; look += 1) {
    const { stored, at, leaving } = await lookForBlob(parts.database, tenantId, file.sha256);
    if (!stored && !leaving) {
      await parts.store.put(imageKey(tenantId, file.sha256), file.body(), { bytes: file.bytes });
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
