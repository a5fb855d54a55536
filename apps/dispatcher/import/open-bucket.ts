import { AppError } from '#contracts';
import { findImportBucket, type ImportBucket } from '#database';
import {
  parseBucketUri,
  RefusedFileError,
  refusal,
  imageTooLarge,
  spool,
  type SpooledFile,
} from '#intake';
import type { CustomerBucket } from '#storage';
import { openCustomerBucket } from '../bucket/open-customer-bucket.js';
import type { ImportParts } from './import-parts.js';

type BucketParts = Pick<ImportParts, 'guard' | 'limits' | 'secrets'>;

/**
 * The bucket of an import, behind the guard. The caller closes it.
 * Errors: `bucket.bad_uri`, `outgoing.*`, `secrets.unreadable`.
 */
export function openBucket(
  { guard, limits, secrets }: BucketParts,
  importId: string,
  { uri, ...sealed }: ImportBucket,
): CustomerBucket {
  const { bucket } = parseBucketUri(uri);
  const tools = { guard, secrets, timeoutMs: limits.timeoutMs };
  return openCustomerBucket(tools, placeOf(importId), { bucket, ...sealed });
}

const placeOf = (importId: string): string => `import ${importId}`;

/** The bucket of one import, opened when it is first asked for an object. */
export class LazyBucket {
  #bucket: Promise<CustomerBucket> | undefined;

  constructor(
    private readonly parts: ImportParts,
    private readonly importId: string,
  ) {}

  /** Errors: `RefusedFileError`; what is retryable may be tried again; what `signal` was aborted with. */
  async get(key: string, signal: AbortSignal): Promise<SpooledFile> {
    const { imageBytes } = this.parts.limits;
    try {
      this.#bucket ??= this.#open();
      const body = await (await this.#bucket).open(key, signal);
      if (body === undefined) throw new RefusedFileError(NOT_FOUND);
      const limit = { bytes: imageBytes, refusal: imageTooLarge(imageBytes) };
      return await spool(body, () => limit, { drain: false });
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof AppError) || error.retryable) throw error;
      throw new RefusedFileError(refusal(error.code, error.message));
    }
  }

  async close(): Promise<void> {
    const bucket = await this.#bucket?.catch(() => undefined);
    bucket?.close();
  }

  async #open(): Promise<CustomerBucket> {
    const { database } = this.parts;
    const bucket = await findImportBucket(database, this.importId);
    if (bucket === undefined) throw new AppError('manifest.no_connection', 'It names no bucket.');
    return openBucket(this.parts, this.importId, bucket);
  }
}

const NOT_FOUND = refusal('fetch.not_found', 'The bucket has no such object any more.');
