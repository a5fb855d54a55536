import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { LookupFunction } from 'node:net';
import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { S3Credentials } from './open-object-store.js';
import { silenceNodeVersionWarning } from './sdk-warning.js';
import { rethrowBucketError as rethrow } from './bucket-error.js';

export interface CustomerBucketOptions {
  readonly bucket: string;
  readonly region: string;
  /** Of a server that is not AWS; the bucket is then part of the path. */
  readonly endpoint?: string;
  readonly credentials: S3Credentials;
  /** Decides about every connection; see libs/outgoing. */
  readonly lookup: LookupFunction;
  readonly timeoutMs: number;
  /** Times that one request is sent, with growing pauses between; default 2. */
  readonly attempts?: number;
}

/** An object that is written in parts. Until it is completed nobody sees it, and until it is dropped it costs its owner. */
export interface OpenUpload {
  readonly key: string;
  readonly uploadId: string;
}

export interface ListedObject {
  readonly key: string;
  readonly bytes: number;
}

/**
 * A bucket that is somebody else's. `endpoint` must have been checked before: `lookup` is not
 * asked about an address that is written out.
 * Errors of every call: `bucket.denied`, `bucket.missing`, `bucket.wrong_region`, `bucket.refused`,
 * `bucket.unavailable` (retryable).
 */
export class CustomerBucket {
  readonly #client: S3Client;

  constructor(private readonly options: CustomerBucketOptions) {
    const { region, endpoint, credentials, lookup, timeoutMs, attempts = 2 } = options;
    // A connection that is kept was checked when it was made, and leads to the same address for its life.
    const agent = { keepAlive: true, maxSockets: 32, lookup };
    silenceNodeVersionWarning();
    this.#client = new S3Client({
      region,
      endpoint,
      forcePathStyle: endpoint !== undefined,
      credentials,
      maxAttempts: attempts,
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

  /** Output: its bytes `from` there on, to be read once; undefined when there is no such object. */
  async open(
    key: string,
    signal: AbortSignal,
    from = 0,
  ): Promise<AsyncIterable<Uint8Array> | undefined> {
    const request = { ...this.#at(key), ...(from > 0 && { Range: `bytes=${from}-` }) };
    try {
      const { Body } = await this.#client.send(new GetObjectCommand(request), {
        abortSignal: signal,
      });
      if (Body instanceof Readable) return readAll(Body);
      throw new Error('the SDK for Node answers with a stream');
    } catch (error) {
      if (error instanceof Error && error.name === 'NoSuchKey') return undefined;
      // It ends there.
      if (error instanceof Error && error.name === 'InvalidRange') return Readable.from([]);
      return rethrow(error);
    }
  }

  async put(
    key: string,
    body: Uint8Array,
    contentType: string,
    signal: AbortSignal,
  ): Promise<void> {
    const request = { ...this.#at(key), Body: body, ContentType: contentType };
    await this.#client.send(new PutObjectCommand(request), { abortSignal: signal }).catch(rethrow);
  }

  async openUpload(key: string, contentType: string, signal: AbortSignal): Promise<OpenUpload> {
    const request = { ...this.#at(key), ContentType: contentType };
    const { UploadId } = await this.#client
      .send(new CreateMultipartUploadCommand(request), { abortSignal: signal })
      .catch(rethrow);
    if (UploadId === undefined) throw new Error('an upload without an id');
    return { key, uploadId: UploadId };
  }

  /**
   * Input: `n` from 1; 5 MiB at least but for the last part. Output: what completes the upload with it.
   * Errors: `bucket.upload_gone` besides.
   */
  async putPart(
    { key, uploadId }: OpenUpload,
    n: number,
    body: Uint8Array,
    signal: AbortSignal,
  ): Promise<string> {
    const request = { ...this.#at(key), UploadId: uploadId, PartNumber: n, Body: body };
    const { ETag } = await this.#client
      .send(new UploadPartCommand(request), { abortSignal: signal })
      .catch(rethrow);
    if (ETag === undefined) throw new Error('a part without an ETag');
    return ETag;
  }

  /** Input: all of its parts, in order. The object is there, whole. Errors: `bucket.upload_gone` besides. */
  async completeUpload(
    { key, uploadId }: OpenUpload,
    etags: readonly string[],
    signal: AbortSignal,
  ): Promise<void> {
    const Parts = etags.map((ETag, index) => ({ ETag, PartNumber: index + 1 }));
    const request = { ...this.#at(key), UploadId: uploadId, MultipartUpload: { Parts } };
    await this.#client
      .send(new CompleteMultipartUploadCommand(request), { abortSignal: signal })
      .catch(rethrow);
  }

  /** Its parts are gone; one that is gone already is just as well. */
  async dropUpload({ key, uploadId }: OpenUpload, signal: AbortSignal): Promise<void> {
    const request = { ...this.#at(key), UploadId: uploadId };
    try {
      await this.#client.send(new AbortMultipartUploadCommand(request), { abortSignal: signal });
    } catch (error) {
      if (!(error instanceof Error && error.name === 'NoSuchUpload')) rethrow(error);
    }
  }

  /** Output: uploads of this very key that are open. Needs a right of its own, which many do not give. */
  async listUploads(key: string, signal: AbortSignal): Promise<OpenUpload[]> {
    const request = { Bucket: this.options.bucket, Prefix: key };
    const { Uploads = [] } = await this.#client
      .send(new ListMultipartUploadsCommand(request), { abortSignal: signal })
      .catch(rethrow);
    return Uploads.flatMap(({ Key, UploadId }) =>
      Key === key && UploadId !== undefined ? [{ key, uploadId: UploadId }] : [],
    );
  }

  close(): void {
    this.#client.destroy();
  }

  #at(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.options.bucket, Key: key };
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
