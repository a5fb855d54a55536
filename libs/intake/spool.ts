import { createHash, randomUUID } from 'node:crypto';
import { open, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { AppError, SNIFF_BYTES } from '#contracts';
import { isZip } from './archive/archive-kind.js';
import type { Refusal } from './refusal.js';
import { BLOCK_BYTES, MOST_IN_MEMORY_BYTES, spoolMemory } from './spool-memory.js';
import { youngCollection } from './young-collection.js';

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
 * A file of an upload that was read to its end: in memory when there is room, else on disk in a file without a
 * name, which is gone with this process however it ends. `dispose` it when done: its memory is another file's then.
 */
export class SpooledFile {
  #blocks: readonly Buffer[] | undefined;
  #isOver = false;

  constructor(
    readonly bytes: number,
    /** Lower-case hex. */
    readonly sha256: string,
    /** Its first bytes, enough to tell its format. */
    readonly head: Uint8Array,
    readonly content: SpooledContent,
    /** Of the memory of all files, in which `content` is. */
    blocks?: readonly Buffer[],
  ) {
    this.#blocks = blocks;
  }

  /**
   * Brings the bytes to where they go by `put`, which has read them when it resolves. Meanwhile other files may wait
   * for the memory of this one. Errors: those of `put`.
   */
  async send(put: (body: Readable | readonly Uint8Array[]) => Promise<void>): Promise<void> {
    if (this.#blocks !== undefined) spoolMemory.leaves(this.#blocks);
    try {
      await put('memory' in this.content ? this.content.memory : this.stream());
    } catch (error) {
      // A request that failed may still be reading: these bytes must not become those of another file.
      if (this.#blocks !== undefined) spoolMemory.lose(this.#blocks);
      this.#blocks = undefined;
      throw error;
    }
  }

  stream(): Readable {
    if ('memory' in this.content) return Readable.from(this.content.memory);
    return this.content.disk.createReadStream({ start: 0, autoClose: false });
  }

  async dispose(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#blocks !== undefined) spoolMemory.giveBack(this.#blocks);
    if ('disk' in this.content) await this.content.disk.close();
  }
}

/** Pieces of the file in their order, or a file on disk. */
export type SpooledContent = { readonly memory: readonly Buffer[] } | { readonly disk: FileHandle };

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
  /** Filled in their order; empty once the file is on disk. */
  #blocks: Buffer[] = [];
  #head: Buffer | undefined;
  #file: FileHandle | undefined;

  async write(chunk: Uint8Array): Promise<void> {
    this.#hash.update(chunk);
    youngCollection.read(chunk.byteLength);
    const at = this.bytes;
    this.bytes += chunk.byteLength;
    if (this.#file === undefined && (await this.#makeRoom(at))) return this.#copy(chunk, at);
    await this.#onDisk(async () => {
      this.#file ??= await this.#moveToDisk(at);
      await writeAll(this.#file, chunk);
      this.#keepHead(chunk);
    });
  }

  /** Valid until more is written. A block holds as much as tells a format. */
  head(): Buffer {
    return this.#head ?? this.#pieces(this.bytes)[0] ?? Buffer.alloc(0);
  }

  async finish(): Promise<SpooledFile> {
    const sha256 = this.#hash.digest('hex');
    const head = this.head();
    if (this.#file !== undefined) {
      return new SpooledFile(this.bytes, sha256, head, { disk: this.#file });
    }
    const memory = this.#pieces(this.bytes);
    return new SpooledFile(this.bytes, sha256, head, { memory }, this.#blocks);
  }

  async discard(): Promise<void> {
    this.#giveBack();
    const file = this.#file;
    this.#file = undefined;
    await file?.close().catch(() => undefined);
  }

  #pieces(bytes: number): Buffer[] {
    return this.#blocks.map((block, n) => block.subarray(0, bytes - n * BLOCK_BYTES));
  }

  /** Whether there are blocks for all bytes; `used` of them are there already. */
  async #makeRoom(used: number): Promise<boolean> {
    // What reads a zip archive wants it in one piece, or on disk.
    const most =
      used > 0 && isZip(this.head().subarray(0, used)) ? BLOCK_BYTES : MOST_IN_MEMORY_BYTES;
    if (this.bytes > most) return false;
    while (this.#blocks.length * BLOCK_BYTES < this.bytes) {
      const block = await spoolMemory.take();
      if (block === undefined) return false;
      this.#blocks.push(block);
    }
    return true;
  }

  #copy(chunk: Uint8Array, at: number): void {
    for (let done = 0; done < chunk.byteLength;) {
      const start = (at + done) % BLOCK_BYTES;
      const part = chunk.subarray(done, done + BLOCK_BYTES - start);
      this.#blocks[Math.floor((at + done) / BLOCK_BYTES)]!.set(part, start);
      done += part.byteLength;
    }
  }

  async #moveToDisk(used: number): Promise<FileHandle> {
    const file = await openNameless();
    try {
      for (const piece of this.#pieces(used)) await writeAll(file, piece);
    } catch (error) {
      await file.close();
      throw error;
    }
    this.#head = Buffer.from(this.#pieces(used)[0] ?? []);
    this.#giveBack();
    return file;
  }

  #keepHead(chunk: Uint8Array): void {
    const head = this.#head ?? Buffer.alloc(0);
    if (head.byteLength >= SNIFF_BYTES) return;
    this.#head = Buffer.concat([head, chunk.subarray(0, SNIFF_BYTES - head.byteLength)]);
  }

  #giveBack(): void {
    spoolMemory.giveBack(this.#blocks);
    this.#blocks = [];
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
