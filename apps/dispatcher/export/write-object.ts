import { createHash } from 'node:crypto';
import { AppError } from '#contracts';
import { listExportParts, recordExportPart } from '#database';
import { LeaseLostError } from '#lease';
import type { OpenUpload } from '#storage';
import { inParts, type Part } from './in-parts.js';
import type { ObjectTools, ObjectToWrite } from './object-to-write.js';
import { openExportUpload } from './open-export-upload.js';
import { MOST_PARTS } from './part-size.js';

/**
 * Writes an object as it is made. One of a single part is put at once; a larger one in parts, and those that the
 * bucket has already from an earlier holder are compared by hash and not sent again. Nobody sees half of it.
 * Output: its bytes, and their SHA-256 in lower-case hex.
 * Errors: those of the bucket, the content and the check; `LeaseLostError`; `export.too_large`.
 */
export async function writeObject(
  tools: ObjectTools,
  object: ObjectToWrite,
): Promise<{ bytes: number; sha256: string }> {
  const writer = new PartWriter(tools, object);
  const hash = createHash('sha256');
  let bytes = 0;
  // One part is sent while the next is made.
  let sending = Promise.resolve();
  for await (const part of inParts(object.content, object.partBytes)) {
    tools.signal.throwIfAborted();
    hash.update(part.body);
    bytes += part.body.length;
    await sending;
    sending = writer.write(part, bytes);
    // Waited for above and below; an error that comes in between must not end the process.
    sending.catch(() => undefined);
  }
  await sending;
  await writer.complete();
  return { bytes, sha256: hash.digest('hex') };
}

class PartWriter {
  readonly #etags: string[] = [];
  #known: ReadonlyMap<number, { sha256: string; etag: string }> = new Map();
  #upload: OpenUpload | undefined;
  #only: Buffer | undefined;

  constructor(
    private readonly tools: ObjectTools,
    private readonly object: ObjectToWrite,
  ) {}

  async write(part: Part, bytes: number): Promise<void> {
    const { held } = this.tools;
    if (part.n > MOST_PARTS) throw tooLarge();
    if (part.n === 1 && part.isLast && held.uploadId === null) {
      this.#only = part.body;
      return;
    }
    if (part.n === 1) await this.#open();
    this.#etags.push(await this.#send(part, bytes));
  }

  async complete(): Promise<void> {
    const { bucket, signal } = this.tools;
    const { key, mediaType, check } = this.object;
    await check();
    if (this.#only !== undefined) await bucket.put(key, this.#only, mediaType, signal);
    else await bucket.completeUpload(this.#upload!, this.#etags, signal);
  }

  async #open(): Promise<void> {
    const { database, held } = this.tools;
    this.#upload = await openExportUpload(this.tools, this.object);
    const parts = held.uploadId === null ? [] : await listExportParts(database, held.id);
    this.#known = new Map(parts.map((part) => [part.n, part]));
  }

  async #send({ n, body }: Part, bytes: number): Promise<string> {
    const { database, bucket, held, signal } = this.tools;
    const sha256 = createHash('sha256').update(body).digest('hex');
    const known = this.#known.get(n);
    if (known?.sha256 === sha256) return known.etag;
    const etag = await bucket.putPart(this.#upload!, n, body, signal);
    const isOurs = await recordExportPart(database, held, { n, sha256, etag, bytes });
    if (!isOurs) throw new LeaseLostError();
    return etag;
  }
}

const tooLarge = (): AppError =>
  new AppError(
    'export.too_large',
    `The export has more than ${MOST_PARTS} parts, which is what a bucket takes. Choose a smaller format, or run the images as several jobs.`,
  );
