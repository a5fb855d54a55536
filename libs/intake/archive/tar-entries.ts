import type { BlockReader } from './block-reader.js';
import { isEndBlock, readPax, readTarHeader, readText, type TarHeader } from './tar-header.js';

const BLOCK_BYTES = 512;
/** A name, or the attributes of an entry; GNU and pax write them as entries of their own. */
const MOST_META_BYTES = 65_536;

export class BrokenTarError extends Error {}

export type TarEntry = TarHeader;

/** The entries of a tar archive in their order. What is not read of one is passed over by the next. */
export class TarEntries {
  /** Of the entry at hand, padding included. */
  #left = 0;
  #bytes = 0;
  #isFirst = true;

  constructor(private readonly reader: BlockReader) {}

  /** Output: undefined at the end of the archive. Errors: `BrokenTarError`, those of the source. */
  async next(): Promise<TarEntry | undefined> {
    let longName: string | undefined;
    let pax: ReadonlyMap<string, string> = new Map();
    for (;;) {
      await this.#pass();
      const header = await this.#header();
      if (header === undefined) return undefined;
      this.#open(header.bytes);
      if (header.type === 'L') longName = readText(await this.#meta());
      else if (header.type === 'x') pax = paxOf(await this.#meta());
      // Names of links, and attributes for all entries: nothing of them counts here.
      else if (header.type !== 'K' && header.type !== 'g') {
        return this.#described(header, pax, longName);
      }
    }
  }

  /** The bytes of the entry at hand. Errors: `BrokenTarError` when the archive ends before it. */
  async *content(): AsyncGenerator<Buffer> {
    let left = this.#bytes;
    for await (const part of this.reader.take(this.#bytes)) {
      left -= part.byteLength;
      this.#left -= part.byteLength;
      yield part;
    }
    if (left > 0) throw new BrokenTarError('it ends in the middle of an entry');
  }

  #described(
    header: TarHeader,
    pax: ReadonlyMap<string, string>,
    longName: string | undefined,
  ): TarEntry {
    const size = pax.get('size');
    const bytes = size === undefined ? header.bytes : Number(size);
    if (!Number.isSafeInteger(bytes) || bytes < 0) throw new BrokenTarError('a size is no number');
    this.#open(bytes);
    // GNU writes files with holes as a file of another kind, which begins with a map of them.
    const type = pax.has('GNU.sparse.major') ? 'S' : header.type;
    return { name: pax.get('path') ?? longName ?? header.name, bytes, type };
  }

  #open(bytes: number): void {
    this.#bytes = bytes;
    this.#left = Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES;
  }

  async #pass(): Promise<void> {
    for await (const part of this.reader.take(this.#left)) this.#left -= part.byteLength;
    if (this.#left > 0) throw new BrokenTarError('it ends in the middle of an entry');
  }

  async #header(): Promise<TarHeader | undefined> {
    const block = await this.reader.read(BLOCK_BYTES);
    // An archive should end with empty blocks; many just end.
    if (!this.#isFirst && block.byteLength === 0) return undefined;
    const isEnd = block.byteLength === BLOCK_BYTES && isEndBlock(block);
    if (isEnd && !this.#isFirst) return undefined;
    const header = block.byteLength === BLOCK_BYTES ? readTarHeader(block) : undefined;
    if (header === undefined) {
      throw new BrokenTarError(
        this.#isFirst ? 'it holds no tar archive' : 'the header of an entry is damaged',
      );
    }
    this.#isFirst = false;
    return header;
  }

  async #meta(): Promise<Buffer> {
    if (this.#bytes > MOST_META_BYTES) throw new BrokenTarError('the name of an entry is too long');
    const content = await this.reader.read(this.#bytes);
    this.#left -= content.byteLength;
    if (content.byteLength < this.#bytes) {
      throw new BrokenTarError('it ends in the middle of an entry');
    }
    return content;
  }
}

function paxOf(content: Buffer): ReadonlyMap<string, string> {
  const attributes = readPax(content);
  if (attributes === undefined) throw new BrokenTarError('the attributes of an entry are damaged');
  return attributes;
}
