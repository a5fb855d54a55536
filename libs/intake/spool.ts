import { createHash, randomUUID } from 'node:crypto';
import { open, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { AppError, SNIFF_BYTES } from '#contracts';
import type { Refusal } from './refusal.js';

/** Most images of the web stay in memory; larger files wait on disk, so that memory stays flat. */
const MEMORY_BYTES = 1_048_576;
/** Enough to tell an archive: a tar archive shows itself in its first block. */
const FEW_BYTES = 512;

/** Thrown while a file is read: it is refused, and the upload goes on. */
export class RefusedFileError extends Error {
  constructor(readonly refusal: Refusal) {
    super(refusal.detail);
  }
}

/** What a file may weigh, and why it is refused when it weighs more. Asked once, with its first bytes. */
export type LimitOf = (head: Uint8Array) => { readonly bytes: number; readonly refusal: Refusal };

/**
 * A file of an upload that was read to its end: in memory when small, else on disk in a file without a
 * name, which is gone with this process however it ends. `dispose` it when done.
 */
export class SpooledFile {
  constructor(
    readonly bytes: number,
    /** Lower-case hex. */
    readonly sha256: string,
    /** Its first bytes, enough to tell its format. */
    readonly head: Uint8Array,
    readonly content: { readonly memory: Buffer } | { readonly disk: FileHandle },
  ) {}

  body(): Uint8Array | Readable {
    if ('memory' in this.content) return this.content.memory;
    return this.content.disk.createReadStream({ start: 0, autoClose: false });
  }

  async dispose(): Promise<void> {
    if ('disk' in this.content) await this.content.disk.close();
  }
}

/**
 * Reads a file to its end, hashing and weighing it on the way.
 *
 * A file over its limit is read on without being kept when `drain` is set, as a multipart body needs:
 * the next file comes after it. Errors: `RefusedFileError`, `spool.failed`, those of the source.
 */
export async function spool(
  source: AsyncIterable<Uint8Array>,
  limitOf: LimitOf,
  options: { drain: boolean },
): Promise<SpooledFile> {
  const writer = new SpoolWriter();
  let limit: ReturnType<LimitOf> | undefined;
  let isOver = false;
  try {
    for await (const chunk of source) {
      if (isOver) continue;
      await writer.write(chunk);
      if (limit === undefined && writer.bytes >= FEW_BYTES) limit = limitOf(writer.head());
      isOver = limit !== undefined && writer.bytes > limit.bytes;
      if (isOver && !options.drain) break;
      if (isOver) await writer.discard();
    }
    limit ??= limitOf(writer.head());
    if (writer.bytes > limit.bytes) throw new RefusedFileError(limit.refusal);
    return await writer.finish();
  } catch (error) {
    await writer.discard();
    throw error;
  }
}

class SpoolWriter {
  bytes = 0;
  readonly #hash = createHash('sha256');
  #chunks: Uint8Array[] = [];
  #head: Buffer | undefined;
  #file: FileHandle | undefined;

  async write(chunk: Uint8Array): Promise<void> {
    this.#hash.update(chunk);
    this.bytes += chunk.byteLength;
    if (this.#file === undefined) this.#chunks.push(chunk);
    if (this.#file === undefined && this.bytes <= MEMORY_BYTES) return;
    await this.#onDisk(async () => {
      if (this.#file !== undefined) return writeAll(this.#file, chunk);
      this.#head = this.head();
      this.#file = await openNameless();
      for (const earlier of this.#chunks) await writeAll(this.#file, earlier);
      this.#chunks = [];
    });
  }

  head(): Buffer {
    // Copied, or it would keep all that was read so far.
    return this.#head ?? Buffer.from(Buffer.concat(this.#chunks).subarray(0, SNIFF_BYTES));
  }

  async finish(): Promise<SpooledFile> {
    const sha256 = this.#hash.digest('hex');
    const file = this.#file;
    if (file === undefined) {
      const memory = Buffer.concat(this.#chunks);
      return new SpooledFile(this.bytes, sha256, memory.subarray(0, SNIFF_BYTES), { memory });
    }
    return new SpooledFile(this.bytes, sha256, this.head(), { disk: file });
  }

  async discard(): Promise<void> {
    this.#chunks = [];
    const file = this.#file;
    this.#file = undefined;
    await file?.close().catch(() => undefined);
  }

  async #onDisk(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (cause) {
      throw new AppError(
        'spool.failed',
        'The server has no room to receive files right now; try again later.',
        { retryable: true, cause },
      );
    }
  }
}

async function openNameless(): Promise<FileHandle> {
  const path = join(tmpdir(), `pallet-spool-${randomUUID()}`);
  const file = await open(path, 'wx+', 0o600);
  await rm(path);
  return file;
}

async function writeAll(handle: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.byteLength;) {
    at += (await handle.write(chunk, at)).bytesWritten;
  }
}
