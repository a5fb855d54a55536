import { buffer } from 'node:stream/consumers';
import { pipeline, Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type GetObjectCommandOutput,
  type S3Client,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { exactLength, lengthMismatch } from './exact-length.js';
import { requireKey, requireKeyPrefix } from './object-key.js';
import {
  ObjectNotFoundError,
  rangeInvalid,
  tooLarge,
  truncated,
  type ByteRange,
  type ObjectBody,
  type ObjectStore,
  type PresignedPut,
  type PresignOptions,
  type PutOptions,
} from './object-store.js';
import { isMissing, isRangeInvalid, toS3Error } from './s3-error.js';

/** Least size of a part; a body up to this is sent at once, so that the SDK can send it again. */
const PART_BYTES = 5 * 2 ** 20;
/** S3 allows 10,000. */
const MAX_PARTS = 9_000;
const CHECK_MS = 5_000;

function inOne(body: ObjectBody): Uint8Array | Readable {
  if (body instanceof Uint8Array || body instanceof Readable) return body;
  return body.length === 1 ? body[0]! : Readable.from(body);
}

/** Any S3 API. Uses nothing that the smaller servers lack: no bulk delete, no conditional writes. */
export class S3ObjectStore implements ObjectStore {
  #heard: Promise<void> | undefined;

  /** `prefix` is empty or ends in a slash, and comes before every key in the bucket. */
  constructor(
    private readonly client: S3Client,
    private readonly bucket: string,
    private readonly prefix: string,
    private readonly signer: S3Client = client,
  ) {}

  async put(key: string, given: ObjectBody, options: PutOptions): Promise<void> {
    const body = inOne(given);
    const { bytes, contentType: ContentType } = options;
    const target = { ...this.#at(key), ContentType };
    if (body instanceof Uint8Array) {
      if (body.byteLength !== bytes) throw lengthMismatch(bytes, body.byteLength);
      await this.#putWhole(target, body);
      return;
    }
    // `pipeline` and not `pipe`: a source that breaks must break the upload, and the other way round.
    const exact = pipeline(body, exactLength(bytes), () => undefined);
    if (bytes <= PART_BYTES) await this.#putWhole(target, await buffer(exact));
    else await this.#putParts(target, exact, bytes);
  }

  async presignPut(key: string, options: PresignOptions): Promise<PresignedPut> {
    const { bytes, md5, validSeconds } = options;
    const request = { ...this.#at(key), ContentLength: bytes, ContentMD5: md5 };
    try {
      const url = await getSignedUrl(this.signer, new PutObjectCommand(request), {
        expiresIn: validSeconds,
        signingDate: await this.#storeTime(),
        // Else the SDK moves it into the URL, where no server compares it with the body.
        unhoistableHeaders: new Set(['content-md5']),
      });
      return { url, headers: { 'content-md5': md5 } };
    } catch (error) {
      throw toS3Error(error);
    }
  }

  async open(key: string, range?: ByteRange): Promise<Readable> {
    const { body } = await this.#get(key, range);
    return body;
  }

  async read(key: string, maxBytes: number): Promise<Uint8Array> {
    const { body, bytes: announced } = await this.#get(key);
    const chunks: Uint8Array[] = [];
    let received = 0;
    try {
      if (announced !== undefined && announced > maxBytes) throw tooLarge(key, maxBytes);
      for await (const chunk of body as AsyncIterable<Uint8Array>) {
        received += chunk.byteLength;
        if (received > maxBytes) throw tooLarge(key, maxBytes);
        chunks.push(chunk);
      }
    } catch (error) {
      throw toS3Error(error);
    } finally {
      body.destroy();
    }
    if (announced !== undefined && received !== announced)
      throw truncated(key, announced, received);
    return Buffer.concat(chunks);
  }

  async stat(key: string): Promise<{ bytes: number } | undefined> {
    const target = this.#at(key);
    try {
      const head = await this.client.send(new HeadObjectCommand(target));
      return { bytes: head.ContentLength ?? 0 };
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw toS3Error(error);
    }
  }

  async remove(key: string): Promise<void> {
    const target = this.#at(key);
    try {
      await this.client.send(new DeleteObjectCommand(target));
    } catch (error) {
      if (!isMissing(error)) throw toS3Error(error);
    }
  }

  async *list(prefix: string): AsyncIterable<{ key: string; bytes: number }> {
    const Prefix = this.prefix + requireKeyPrefix(prefix);
    let ContinuationToken: string | undefined;
    do {
      const request = { Bucket: this.bucket, Prefix, ContinuationToken };
      const page = await this.client.send(new ListObjectsV2Command(request)).catch(rethrow);
      for (const { Key, Size } of page.Contents ?? []) {
        if (Key !== undefined) yield { key: Key.slice(this.prefix.length), bytes: Size ?? 0 };
      }
      ContinuationToken = page.IsTruncated ? page.NextContinuationToken : undefined;
    } while (ContinuationToken !== undefined);
  }

  async check(): Promise<void> {
    const abortSignal = AbortSignal.timeout(CHECK_MS);
    await this.client
      .send(new HeadBucketCommand({ Bucket: this.bucket }), { abortSignal })
      .catch(rethrow);
  }

  close(): void {
    this.client.destroy();
  }

  /** The SDK reads the store's clock off each answer. With ours, a URL might be over before it is used. */
  async #storeTime(): Promise<Date> {
    // Nothing may have been asked yet. Whoever wants the URL learns soon enough that the store is away.
    this.#heard ??= this.check().catch(() => undefined);
    await this.#heard;
    return new Date(Date.now() + this.client.config.systemClockOffset);
  }

  #at(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.bucket, Key: this.prefix + requireKey(key) };
  }

  async #get(
    key: string,
    range?: ByteRange,
  ): Promise<{ body: Readable; bytes: number | undefined }> {
    const Range = range === undefined ? undefined : `bytes=${range.start}-${range.end}`;
    const target = { ...this.#at(key), Range };
    let output: GetObjectCommandOutput;
    try {
      output = await this.client.send(new GetObjectCommand(target));
    } catch (error) {
      if (isMissing(error)) throw new ObjectNotFoundError(key, error);
      if (range !== undefined && isRangeInvalid(error)) throw rangeInvalid(key, range, error);
      throw toS3Error(error);
    }
    if (!(output.Body instanceof Readable))
      throw new Error('the SDK for Node answers with a stream');
    return { body: output.Body, bytes: output.ContentLength };
  }

  async #putWhole(target: Target, body: Uint8Array): Promise<void> {
    const request = { ...target, Body: body, ContentLength: body.byteLength };
    await this.client.send(new PutObjectCommand(request)).catch(rethrow);
  }

  async #putParts(target: Target, body: Readable, bytes: number): Promise<void> {
    const upload = new Upload({
      client: this.client,
      params: { ...target, Body: body },
      partSize: Math.max(PART_BYTES, Math.ceil(bytes / MAX_PARTS)),
      queueSize: 2,
    });
    try {
      await upload.done();
    } catch (error) {
      // The body's own error (a client that went away) is not the store's.
      const cause = body.errored ?? toS3Error(error);
      body.destroy();
      throw cause;
    }
  }
}

interface Target {
  Bucket: string;
  Key: string;
  ContentType: string | undefined;
}

const rethrow = (error: unknown): never => {
  throw toS3Error(error);
};
