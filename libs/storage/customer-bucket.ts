import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { LookupFunction } from 'node:net';
import { Readable } from 'node:stream';
import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { AppError } from '#contracts';
import type { S3Credentials } from './open-object-store.js';
import { silenceNodeVersionWarning } from './sdk-warning.js';
import { toS3Error } from './s3-error.js';

export interface CustomerBucketOptions {
  readonly bucket: string;
  readonly region: string;
  /** Of a server that is not AWS; the bucket is then part of the path. */
  readonly endpoint?: string;
  readonly credentials: S3Credentials;
  /** Decides about every connection; see libs/outgoing. */
  readonly lookup: LookupFunction;
  readonly timeoutMs: number;
}

export interface ListedObject {
  readonly key: string;
  readonly bytes: number;
}

/**
 * A bucket that is somebody else's, to be read from. `endpoint` must have been checked before: `lookup` is not
 * asked about an address that is written out.
 * Errors of every call: `bucket.denied`, `bucket.missing`, `bucket.unavailable` (retryable).
 */
export class CustomerBucket {
  readonly #client: S3Client;

  constructor(private readonly options: CustomerBucketOptions) {
    const { region, endpoint, credentials, lookup, timeoutMs } = options;
    // A connection that is kept was checked when it was made, and leads to the same address for its life.
    const agent = { keepAlive: true, maxSockets: 32, lookup };
    silenceNodeVersionWarning();
    this.#client = new S3Client({
      region,
      endpoint,
      forcePathStyle: endpoint !== undefined,
      credentials,
      maxAttempts: 2,
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      requestHandler: {
        connectionTimeout: 10_000,
        requestTimeout: timeoutMs,
        throwOnRequestTimeout: true,
        socketTimeout: timeoutMs,
        httpAgent: new HttpAgent(agent),
        httpsAgent: new HttpsAgent(agent),
      },
    });
  }

  /** Output: objects whose key begins with `prefix`, in the order of their keys, after `after`; 1,000 at most. */
  async list(
    prefix: string,
    after: string | undefined,
    signal: AbortSignal,
  ): Promise<{ objects: readonly ListedObject[]; hasMore: boolean }> {
    const request = { Bucket: this.options.bucket, Prefix: prefix, StartAfter: after };
    const page = await this.#client
      .send(new ListObjectsV2Command(request), { abortSignal: signal })
      .catch(rethrow);
    const objects = (page.Contents ?? []).flatMap(({ Key, Size }) =>
      Key === undefined ? [] : [{ key: Key, bytes: Size ?? 0 }],
    );
    return { objects, hasMore: page.IsTruncated === true && objects.length > 0 };
  }

  /** Output: its bytes, to be read once; undefined when there is no such object. */
  async open(key: string, signal: AbortSignal): Promise<AsyncIterable<Uint8Array> | undefined> {
    const request = { Bucket: this.options.bucket, Key: key };
    try {
      const { Body } = await this.#client.send(new GetObjectCommand(request), {
        abortSignal: signal,
      });
      if (Body instanceof Readable) return readAll(Body);
      throw new Error('the SDK for Node answers with a stream');
    } catch (error) {
      if (error instanceof Error && error.name === 'NoSuchKey') return undefined;
      return rethrow(error);
    }
  }

  close(): void {
    this.#client.destroy();
  }
}

async function* readAll(body: Readable): AsyncGenerator<Uint8Array> {
  try {
    yield* body as AsyncIterable<Uint8Array>;
  } catch (error) {
    rethrow(error);
  } finally {
    body.destroy();
  }
}

const CODES: Readonly<Record<string, readonly [code: string, message: string]>> = {
  'storage.denied': ['bucket.denied', 'The bucket refuses these credentials, or this right.'],
  'storage.bucket_missing': ['bucket.missing', 'There is no such bucket there.'],
  'storage.unavailable': ['bucket.unavailable', 'The server of the bucket does not answer.'],
};

function rethrow(error: unknown): never {
  const known = toS3Error(error);
  if (!(known instanceof AppError)) throw known;
  const [code, message] = CODES[known.code] ?? [known.code, known.message];
  throw new AppError(code, message, { retryable: known.retryable, cause: error });
}
