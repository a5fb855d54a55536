import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AppError } from '#contracts';

const BLOCK = 512;
/** Plain names below the folder, whoever made the archive: no way out of it, nothing hidden. */
const NAME = /^[\w@+=-][\w.@+=-]*(\/[\w@+=-][\w.@+=-]*)*$/;

/**
 * Writes the files of a tar archive (ustar, sizes over 8 GiB as GNU writes them) below a folder, as they come. Output:
 * their names. `onBytes` is told how many bytes of the archive came so far.
 * Errors: `cli.bad_archive`, when it is cut off or is none of ours; those of the source and of the disk.
 */
export async function untar(
  source: AsyncIterable<Uint8Array>,
  folder: string,
  onBytes: (bytes: number) => void = () => undefined,
): Promise<string[]> {
  const bytes = new ByteSource(source, onBytes);
  const names: string[] = [];
  try {
    for (;;) {
      const header = await bytes.take(BLOCK);
      if (header.every((byte) => byte === 0)) break;
      const { name, size } = readHeader(header);
      const path = join(folder, name);
      await mkdir(dirname(path), { recursive: true });
      await pipeline(Readable.from(bytes.next(size)), createWriteStream(path, { flags: 'wx' }));
      await bytes.take((BLOCK - (size % BLOCK)) % BLOCK);
      names.push(name);
    }
    await bytes.drain();
    return names;
  } finally {
    await bytes.close();
  }
}

function readHeader(header: Buffer): { readonly name: string; readonly size: number } {
  const text = (at: number, length: number): string =>
    header
      .toString('latin1', at, at + length)
      .split('\0', 1)[0]!
      .trim();
  const sum = header.reduce((all, byte, at) => all + (at >= 148 && at < 156 ? 0x20 : byte), 0);
  if (Number.parseInt(text(148, 8), 8) !== sum) throw badArchive('its checksums are wrong');
  const name = text(0, 100);
  const isFile = header[156] === 0x30 && text(345, 155) === '';
  if (!isFile || !NAME.test(name)) throw badArchive(`it has an entry ${JSON.stringify(name)}`);
  const isLarge = header[124] === 0x80;
  const size = isLarge ? Number(header.readBigUInt64BE(128)) : Number.parseInt(text(124, 12), 8);
  if (!Number.isSafeInteger(size)) throw badArchive(`${name} has no size`);
  return { name, size };
}

/** Bytes by their number, whatever chunks they come in. */
class ByteSource {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #held: Uint8Array = new Uint8Array(0);
  #came = 0;

  constructor(
    source: AsyncIterable<Uint8Array>,
    private readonly onBytes: (bytes: number) => void,
  ) {
    this.#chunks = source[Symbol.asyncIterator]();
  }

  /** All at once: for few. */
  async take(count: number): Promise<Buffer> {
    const parts: Uint8Array[] = [];
    for await (const part of this.next(count)) parts.push(part);
    return Buffer.concat(parts);
  }

  async *next(count: number): AsyncGenerator<Uint8Array> {
    for (let left = count; left > 0;) {
      if (this.#held.length === 0) await this.#fill();
      const part = this.#held.subarray(0, left);
      this.#held = this.#held.subarray(part.length);
      left -= part.length;
      yield part;
    }
  }

  /** To its end, so that the sender is not cut off. */
  async drain(): Promise<void> {
    while (await this.#read());
  }

  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  async #fill(): Promise<void> {
    if (!(await this.#read())) throw badArchive('it is cut off');
  }

  /** Output: false at the end. */
  async #read(): Promise<boolean> {
    const { done, value } = await this.#chunks.next();
    if (done) return false;
    this.#held = value;
    this.#came += value.length;
    this.onBytes(this.#came);
    return true;
  }
}

const badArchive = (reason: string): AppError =>
  new AppError('cli.bad_archive', `The download cannot be unpacked: ${reason}. Try it again.`);
