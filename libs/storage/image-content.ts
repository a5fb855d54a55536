import { createHash } from 'node:crypto';
import { Transform } from 'node:stream';
import { setTimeout as lasting } from 'node:timers/promises';
import { AppError, imageKey } from '#contracts';
import type { ObjectStore } from './object-store.js';

export interface StoredImage {
  readonly tenantId: string;
  /** Of its bytes, hex: the store has it under this name. */
  readonly sha256: string;
}

/** What a network or a proxy spoils comes right within these tries; what the store itself has spoilt does not. */
const PAUSES_MS = [200, 600, 1_800];

/**
 * An image, whole and as it was uploaded. A store, or a proxy before it, may announce fewer bytes than there are, or hand
 * out other ones, and nothing in its answer shows it: only the hash does.
 * Errors: those of `read`; `image.damaged`.
 */
export function readImage(
  store: ObjectStore,
  { tenantId, sha256 }: StoredImage,
  maxBytes: number,
): Promise<Uint8Array> {
  return asUploaded(async () => {
    const bytes = await store.read(imageKey(tenantId, sha256), maxBytes);
    if (createHash('sha256').update(bytes).digest('hex') !== sha256) throw wrongBytes(sha256);
    return bytes;
  });
}

/** Passes bytes on and fails, before its end, unless they are those of the hash: `storage.wrong_bytes`. */
export function exactContent(sha256: string): Transform {
  const hash = createHash('sha256');
  return new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
    flush(done) {
      done(hash.digest('hex') === sha256 ? null : wrongBytes(sha256));
    },
  });
}

/** Reads again while the bytes are wrong, a few times. Errors: those of `read`; `image.damaged`. */
export async function asUploaded<T>(read: () => Promise<T>, pausesMs = PAUSES_MS): Promise<T> {
  for (const pauseMs of [...pausesMs, undefined]) {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof AppError && error.code === 'storage.wrong_bytes')) throw error;
      if (pauseMs === undefined) throw damaged(error);
      await lasting(pauseMs);
    }
  }
  throw new Error('the last try returns or throws');
}

const wrongBytes = (sha256: string): AppError =>
  new AppError(
    'storage.wrong_bytes',
    `The object store gave other bytes than those of the image ${sha256}.`,
    { retryable: true, context: { sha256 } },
  );

const damaged = (cause: AppError): AppError =>
  new AppError(
    'image.damaged',
    'The object store has other bytes for this image than were uploaded; restore its object, then try again.',
    { cause, context: cause.context },
  );
