import { AppError, uploadPartKey, uploadPrefix, type UploadParts } from '#contracts';
import { listAnnouncedParts, type UploadRecord } from '#database';
import type { ApiParts } from '../parts.js';
import { bytesOfPart, partCount } from './part-layout.js';

const NAMED_MISSING = 20;

/** The parts of an upload that are in the store, whole, by number. Whether they are what was announced, the dispatcher sees. */
export async function listPartsThere(
  parts: ApiParts,
  upload: UploadRecord,
): Promise<UploadParts['data']> {
  const announced = await listAnnouncedParts(parts.database, upload.id);
  const stored = new Map<string, number>();
  for await (const { key, bytes } of parts.store.list(uploadPrefix(upload.tenantId, upload.id))) {
    stored.set(key, bytes);
  }
  return [...announced].flatMap(([n, md5]) => {
    const bytes = bytesOfPart(upload, n);
    const isThere = stored.get(uploadPartKey(upload.tenantId, upload.id, n)) === bytes;
    return isThere ? [{ n, bytes, md5 }] : [];
  });
}

/** Errors: `upload.incomplete`, which names what is missing. */
export async function requireAllParts(parts: ApiParts, upload: UploadRecord): Promise<void> {
  const there = new Set((await listPartsThere(parts, upload)).map(({ n }) => n));
  const missing = Array.from({ length: partCount(upload) }, (_, n) => n).filter(
    (n) => !there.has(n),
  );
  if (missing.length === 0) return;
  const named = missing.slice(0, NAMED_MISSING).join(', ');
  const more = missing.length > NAMED_MISSING ? ', ...' : '';
  throw new AppError(
    'upload.incomplete',
    `${missing.length} parts are not there: ${named}${more}. Send them, then complete again.`,
  );
}
