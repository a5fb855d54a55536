import type { AcceptedFile, ClaimedChunk, ImportRow } from '#database';
import {
  fetchImage,
  judgeImage,
  refusal,
  RefusedFileError,
  storeImage,
  type SpooledFile,
} from '#intake';
import { persist } from '#lease';
import type { ImportParts } from './import-parts.js';

const CONNECT_MS = 10_000;

/**
 * Brings the image of a row into the object store. Output: as its set takes it.
 * Errors: `RefusedFileError`; what is retryable may be tried again; `LeaseLostError`.
 */
export async function fetchRow(
  parts: ImportParts,
  { tenantId }: ClaimedChunk,
  row: ImportRow,
  signal: AbortSignal,
  lost: AbortSignal,
): Promise<AcceptedFile> {
  const file = await getFile(parts, row, signal);
  try {
    const judged = judgeImage(file.head);
    if ('refused' in judged) throw new RefusedFileError(judged.refused);
    // Our own store being away is no fault of the row: it waits.
    await persist(lost, () => storeImage(parts, tenantId, file));
    const { name, customId, metadata, tasks } = row;
    const { sha256, bytes } = file;
    return { name, customId, metadata, tasks, sha256, bytes, format: judged.format };
  } finally {
    await file.dispose();
  }
}

function getFile(parts: ImportParts, row: ImportRow, signal: AbortSignal): Promise<SpooledFile> {
  const { imageBytes, timeoutMs } = parts.limits;
  const options = { imageBytes, connectMs: CONNECT_MS, totalMs: timeoutMs, signal };
  if (row.url !== undefined) return fetchImage(parts.guard, row.url, options);
  throw new RefusedFileError(refusal('manifest.no_connection', 'It names no URL.'));
}
