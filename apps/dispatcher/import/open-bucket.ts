import { z } from 'zod';
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
import { CustomerBucket } from '#storage';
import type { ImportParts } from './import-parts.js';

const credentialsSchema = z.object({
  accessKeyId: z.string(),
  secretAccessKey: z.string(),
  sessionToken: z.string().optional(),
});

type BucketParts = Pick<ImportParts, 'guard' | 'limits' | 'secrets'>;

/**
 * The bucket of an import, behind the guard. The caller closes it.
 * Errors: `bucket.bad_uri`, `outgoing.*`, `secrets.unreadable`.
 */
export function openBucket(
  { guard, limits, secrets }: BucketParts,
  importId: string,
  { uri, region, endpoint, credentials }: ImportBucket,
): CustomerBucket {
  const { bucket } = parseBucketUri(uri);
  // An address that is written out is never resolved, so the look-up alone would let it through.
  if (endpoint !== null) guard.checkUrl(endpoint);
  const opened: unknown = JSON.parse(secrets.open(credentials, placeOf(importId)));
  return new CustomerBucket({
    bucket,
    region,
    endpoint: endpoint ?? undefined,
    credentials: credentialsSchema.parse(opened),
    lookup: guard.lookup,
    timeoutMs: limits.timeoutMs,
  });
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
