import { setExportUpload } from '#database';
import { LeaseLostError } from '#lease';
import type { OpenUpload } from '#storage';
import type { ObjectTools, ObjectToWrite } from './object-to-write.js';

const DROP_MS = 10_000;

/** Output: the upload that an earlier holder began, else a new one, which is recorded before anything is sent. */
export async function openExportUpload(
  tools: ObjectTools,
  { key, mediaType }: Pick<ObjectToWrite, 'key' | 'mediaType'>,
): Promise<OpenUpload> {
  const { database, bucket, held, signal } = tools;
  if (held.uploadId !== null) return { key, uploadId: held.uploadId };
  if (held.fence > 1) await dropLeftOver(tools, key);
  const upload = await bucket.openUpload(key, mediaType, signal);
  try {
    const isOurs = await database.transaction((tx) => setExportUpload(tx, held, upload.uploadId));
    if (!isOurs) throw new LeaseLostError();
  } catch (error) {
    // Nobody knows of it, so nobody else would take it back.
    await bucket.dropUpload(upload, AbortSignal.timeout(DROP_MS)).catch(() => undefined);
    throw error;
  }
  return upload;
}

/** A holder may have died between the beginning of its upload and the record of it; who that was has no name. */
async function dropLeftOver({ bucket, signal }: ObjectTools, key: string): Promise<void> {
  try {
    for (const upload of await bucket.listUploads(key, signal)) {
      await bucket.dropUpload(upload, signal);
    }
  } catch {
    // The right to list uploads is one that most give to nobody, and the export does not depend on it.
    signal.throwIfAborted();
  }
}
