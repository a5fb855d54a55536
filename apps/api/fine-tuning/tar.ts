/** One file of an archive. */
export interface TarEntry {
  /** 100 letters of ASCII at most. */
  readonly name: string;
  readonly bytes: number;
  /** The archive reads it to its end, or lets it go when nobody reads the archive any more. */
  readonly open: () => Promise<AsyncIterable<Uint8Array>>;
}

const BLOCK = 512;
const LONGEST_NAME = 100;
/** What eleven octal digits hold: 8 GiB. */
const MOST_OCTAL = 8 ** 11;

const paddingOf = (bytes: number): number => (BLOCK - (bytes % BLOCK)) % BLOCK;

/** Of the whole archive. */
export function tarBytes(entries: readonly { readonly bytes: number }[]): number {
  const files = entries.map(({ bytes }) => BLOCK + bytes + paddingOf(bytes));
  return files.reduce((sum, size) => sum + size, 2 * BLOCK);
}

/**
 * An archive of the format `ustar` (POSIX.1-1988), which every tar reads; the size of a file over 8 GiB is written as
 * GNU does. Holds one chunk of a file at a time.
 * Errors: those of the entries; `Error` when one has another length than it says, for the archive is broken then.
 */
export async function* tarOf(
  entries: readonly TarEntry[],
  modifiedAt: Date,
): AsyncGenerator<Uint8Array> {
  for (const { name, bytes, open } of entries) {
    yield header(name, bytes, modifiedAt);
    let left = bytes;
    for await (const chunk of await open()) {
      left -= chunk.length;
      if (left < 0) break;
      yield chunk;
    }
    if (left !== 0) throw new Error(`${name} has not the ${bytes} bytes that it should.`);
    const padding = paddingOf(bytes);
    if (padding > 0) yield new Uint8Array(padding);
  }
  yield new Uint8Array(2 * BLOCK);
}

function header(name: string, bytes: number, modifiedAt: Date): Uint8Array {
  if (name.length > LONGEST_NAME) throw new Error(`${name} is too long for the archive.`);
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, length: number): void => {
    block.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at, 'latin1');
  };
  block.write(name, 0, 'latin1');
  octal(0o644, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  if (bytes < MOST_OCTAL) octal(bytes, 124, 12);
  else {
    block.writeUInt8(0x80, 124);
    block.writeBigUInt64BE(BigInt(bytes), 128);
  }
  octal(Math.floor(modifiedAt.getTime() / 1_000), 136, 12);
  // The checksum is made with blanks in its place.
  block.write('        0', 148, 'latin1');
  block.write('ustar\u000000', 257, 'latin1');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}
