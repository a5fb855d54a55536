import { createHash } from 'node:crypto';
import { pipeline, Readable } from 'node:stream';
import { crc32, createDeflateRaw, deflateRawSync } from 'node:zlib';
import type { Content, ExportFile } from '../export-format.js';
import { inChunks, toBuffer } from './chunks.js';
import { Spool } from './spool.js';
import {
  centralHeader,
  dataDescriptor,
  endOfArchive,
  localHeader,
  type ZipEntry,
} from './zip-header.js';

export interface WrittenFile {
  readonly path: string;
  readonly bytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** Nothing is won by packing less than this. */
const LEAST_TO_PACK = 64;

/**
 * A zip of files of any number and size, as they come: the directory waits in a spool, sizes that are not known yet
 * follow the data. No dates, no owners: the same files give the same bytes. `onFile` hears of each file before the
 * next one is asked for.
 */
export async function* zip(
  files: AsyncIterable<ExportFile>,
  onFile: (file: WrittenFile) => Promise<void>,
): AsyncGenerator<Uint8Array> {
  const directory = new Spool();
  let offset = 0;
  let count = 0;
  try {
    for await (const file of files) {
      const writer = new EntryWriter(file.path, offset);
      const { content, isPacked = false } = file;
      const isWhole = typeof content === 'string' || content instanceof Uint8Array;
      yield* isWhole ? writer.whole(toBuffer(content), isPacked) : writer.streamed(content);
      const { entry, sha256 } = writer.end();
      await directory.write(centralHeader(entry));
      await onFile({ path: file.path, bytes: entry.bytes, sha256 });
      offset += writer.written;
      count += 1;
    }
    yield* directory.read();
    yield endOfArchive({ count, bytes: directory.bytes, offset });
  } finally {
    await directory.dispose();
  }
}

class EntryWriter {
  readonly #entry: ZipEntry;
  readonly #hash = createHash('sha256');
  written = 0;

  constructor(path: string, offset: number) {
    const name = Buffer.from(path);
    this.#entry = {
      name,
      offset,
      crc: 0,
      bytes: 0,
      packedBytes: 0,
      isPacked: false,
      isStreamed: false,
    };
  }

  *whole(content: Buffer, isPacked: boolean): Generator<Uint8Array> {
    this.#saw(content);
    const packed = isPacked || content.length < LEAST_TO_PACK ? undefined : deflateRawSync(content);
    const data = packed !== undefined && packed.length < content.length ? packed : content;
    this.#entry.isPacked = data === packed;
    this.#entry.packedBytes = data.length;
    yield this.#wrote(localHeader(this.#entry));
    if (data.length > 0) yield this.#wrote(data);
  }

  async *streamed(content: Content): AsyncGenerator<Uint8Array> {
    this.#entry.isPacked = true;
    this.#entry.isStreamed = true;
    yield this.#wrote(localHeader(this.#entry));
    const deflate = createDeflateRaw();
    // An error of the content comes out of `deflate`; leaving the loop early ends the content.
    pipeline(Readable.from(this.#watched(content)), deflate, () => undefined);
    for await (const chunk of deflate as AsyncIterable<Buffer>) {
      this.#entry.packedBytes += chunk.length;
      yield this.#wrote(chunk);
    }
    yield this.#wrote(dataDescriptor(this.#entry));
  }

  end(): { entry: ZipEntry; sha256: string } {
    return { entry: this.#entry, sha256: this.#hash.digest('hex') };
  }

  async *#watched(content: Content): AsyncGenerator<Buffer> {
    for await (const chunk of inChunks(content)) {
      this.#saw(chunk);
      yield chunk;
    }
  }

  #saw(chunk: Buffer): void {
    this.#hash.update(chunk);
    this.#entry.crc = crc32(chunk, this.#entry.crc);
    this.#entry.bytes += chunk.length;
  }

  #wrote(part: Uint8Array): Uint8Array {
    this.written += part.length;
    return part;
  }
}
