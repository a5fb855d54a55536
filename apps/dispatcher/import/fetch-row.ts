import type { AcceptedFile, ClaimedChunk, ImportRow } from '#database';
import { fetchImage, judgeImage, RefusedFileError, storeImage, type SpooledFile } from '#intake';
import { persist } from '#lease';
import type { LazyBucket } from './open-bucket.js';
import type { ImportParts } from './import-parts.js';

const CONNECT_MS = 10_000;

export interface RowSource {
  readonly parts: ImportParts;
  readonly bucket: LazyBucket;
  readonly signal: AbortSignal;
  /** Aborts when the chunk is another's. */
  readonly lost: AbortSignal;
}

/**
 * Brings the image of a row into the object store. Output: as its set takes it.
 * Errors: `RefusedFileError`; what is retryable may be tried again; `LeaseLostError`.
 */
export async function fetchRow(
  from: RowSource,
  { tenantId }: ClaimedChunk,
  row: ImportRow,
): Promise<AcceptedFile> {
  const file = await getFile(from, row);
  try {
    const judged = judgeImage(file.head);
    if ('refused' in judged) throw new RefusedFileError(judged.refused);
    // Our own store being away is no fault of the row: it waits.
    const target = { tenantId, quota: from.parts.quota };
    const seen = await persist(from.lost, () => storeImage(from.parts, target, file));
    if ('refused' in seen) throw new RefusedFileError(seen.refused);
    const { name, customId, metadata, tasks } = row;
    const { sha256, bytes } = file;
    return { name, customId, metadata, tasks, sha256, bytes, format: judged.format, seen };
  } finally {
    await file.dispose();
  }
}

function getFile({ parts, bucket, signal }: RowSource, row: ImportRow): Promise<SpooledFile> {
  const { imageBytes, timeoutMs } = parts.limits;
  if (row.key !== undefined) return bucket.get(row.key, signal);
  const options = { imageBytes, connectMs: CONNECT_MS, totalMs: timeoutMs, signal };
  return fetchImage(parts.guard, row.url ?? '', options);
}
