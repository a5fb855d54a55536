import { createHash } from 'node:crypto';
import { AppError, uploadPartKey } from '#contracts';
import type { UploadRecord } from '#database';
import type { ObjectStore } from '#storage';

/** Thrown while an upload is read: this part has to be sent again. */
export class DamagedPartError extends AppError {
  constructor(
    readonly n: number,
    what: string,
    cause?: unknown,
  ) {
    super(
      'upload.part_damaged',
      `Part ${n} ${what}. Send it again, then complete the upload again.`,
      { cause },
    );
  }
}

/**
 * The bytes of an upload, part after part, each compared with its length and with the MD5 that it was announced with.
 * Errors: `DamagedPartError`; those of the store; whatever `signal` was aborted with.
 */
export async function* readParts(
  store: ObjectStore,
  upload: UploadRecord,
  announced: ReadonlyMap<number, string>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const count = Math.ceil(upload.bytes / upload.partBytes);
  for (let n = 0; n < count; n += 1) {
    const hash = createHash('md5');
    let left = Math.min(upload.partBytes, upload.bytes - n * upload.partBytes);
    for await (const chunk of partBytes(store, upload, n)) {
      signal.throwIfAborted();
      hash.update(chunk);
      left -= chunk.byteLength;
      yield chunk;
    }
    if (left !== 0) throw new DamagedPartError(n, 'has not as many bytes as it should have');
    if (hash.digest('base64') !== announced.get(n)) {
      throw new DamagedPartError(n, 'is not what was announced: its MD5 differs');
    }
  }
}

async function* partBytes(
  store: ObjectStore,
  { tenantId, id }: UploadRecord,
  n: number,
): AsyncGenerator<Uint8Array> {
  let body;
  try {
    body = await store.open(uploadPartKey(tenantId, id, n));
  } catch (error) {
    const isMissing = error instanceof AppError && error.code === 'storage.not_found';
    throw isMissing ? new DamagedPartError(n, 'is not there', error) : error;
  }
  yield* body;
}
