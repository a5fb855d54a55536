import type { Readable } from 'node:stream';
import { AppError } from '#contracts';

/**
 * Bytes under keys. Keys are made by us from ids: segments of letters, digits and `._=@+-` between
 * slashes, none beginning with a dot; a key must not also be the folder of another.
 * Errors of every call: `storage.unavailable` (retryable), `storage.denied`, `storage.key_invalid`.
 */
export interface ObjectStore {
  /**
   * Idempotent: the same key may be written again with the same bytes. Atomic: a reader never sees half
   * an object, and a write that fails leaves none.
   * Errors: `storage.length_mismatch` when `body` is not `bytes` long; errors of `body` as they are.
   */
  put(key: string, body: ObjectBody, options: PutOptions): Promise<void>;
  /**
   * How whoever is told may write exactly these bytes under the key for a while, without our credentials:
   * as often as they like until then, and nothing else. Undefined where the store takes no requests of others.
   */
  presignPut(key: string, options: PresignOptions): Promise<PresignedPut | undefined>;
  /**
   * The caller reads or destroys the stream. `start` and `end` are the first and last byte wanted, from
   * 0; an `end` beyond the object is its end.
   * Errors: `storage.not_found`, `storage.range_invalid` when `start` is beyond the object.
   */
  open(key: string, range?: ByteRange): Promise<Readable>;
  /**
   * A small object at once.
   * Errors: `storage.not_found`, `storage.too_large`, `storage.truncated` (retryable) when fewer bytes
   * came than the store had announced.
   */
  read(key: string, maxBytes: number): Promise<Uint8Array>;
  stat(key: string): Promise<{ bytes: number } | undefined>;
  /** Removing what is not there is no error. */
  remove(key: string): Promise<void>;
  /** Every object whose key begins with `prefix`, in no promised order; memory does not grow with them. */
  list(prefix: string): AsyncIterable<{ key: string; bytes: number }>;
  /** Whether objects can be reached now. */
  check(): Promise<void>;
  close(): void;
}

/** Whole, in pieces that are one after the other, or as it comes. */
export type ObjectBody = Uint8Array | readonly Uint8Array[] | Readable;

export interface PutOptions {
  bytes: number;
  contentType?: string;
}

export interface PresignOptions {
  bytes: number;
  /** MD5 of the bytes, base64, as `Content-MD5` has it: every S3 server compares it. */
  md5: string;
  validSeconds: number;
}

/** A PUT with these headers, and a body that fits them. */
export interface PresignedPut {
  url: string;
  headers: Record<string, string>;
}

export interface ByteRange {
  start: number;
  end: number;
}

export class ObjectNotFoundError extends AppError {
  constructor(key: string, cause?: unknown) {
    super('storage.not_found', `The object store has no ${key}.`, { cause, context: { key } });
  }
}

export const tooLarge = (key: string, maxBytes: number): AppError =>
  new AppError('storage.too_large', `${key} is larger than the ${maxBytes} bytes allowed here.`, {
    context: { key, maxBytes },
  });

export const truncated = (key: string, expected: number, received: number): AppError =>
  new AppError('storage.truncated', `Only ${received} of ${expected} bytes of ${key} came.`, {
    retryable: true,
    context: { key, expected, received },
  });

export const rangeInvalid = (key: string, range: ByteRange, cause?: unknown): AppError =>
  new AppError('storage.range_invalid', `${key} has no bytes ${range.start} to ${range.end}.`, {
    cause,
    context: { key, ...range },
  });
