/**
 * The records of a zip, after APPNOTE 6.3.10. Source: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 * Names are UTF-8, the date is the first one that the format knows (1980-01-01), modes are rw-r--r--.
 */
export interface ZipEntry {
  readonly name: Buffer;
  /** Of its local header, from the beginning of the archive. */
  readonly offset: number;
  crc: number;
  bytes: number;
  packedBytes: number;
  isPacked: boolean;
  /** Its sizes follow the data. */
  isStreamed: boolean;
}

const UTF8 = 0x0800;
const SIZES_FOLLOW = 0x0008;
const DEFLATE = 8;
const FIRST_DAY = 0x0021;
const UNIX = 3 << 8;
const PLAIN_FILE = 0o100644;
const VERSION = 20;
const VERSION_ZIP64 = 45;
const MAX_32 = 0xffffffff;
const MAX_16 = 0xffff;

/** Before the data. A file that is still being made may grow beyond 4 GiB, so its sizes get 64 bits. */
export function localHeader(entry: ZipEntry): Buffer {
  const { isStreamed } = entry;
  const extra = isStreamed ? zip64([0, 0]) : Buffer.alloc(0);
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(isStreamed ? VERSION_ZIP64 : VERSION, 4);
  header.writeUInt16LE(isStreamed ? UTF8 | SIZES_FOLLOW : UTF8, 6);
  header.writeUInt16LE(entry.isPacked ? DEFLATE : 0, 8);
  header.writeUInt16LE(FIRST_DAY, 12);
  header.writeUInt32LE(isStreamed ? 0 : entry.crc, 14);
  header.writeUInt32LE(isStreamed ? MAX_32 : entry.packedBytes, 18);
  header.writeUInt32LE(isStreamed ? MAX_32 : entry.bytes, 22);
  header.writeUInt16LE(entry.name.length, 26);
  header.writeUInt16LE(extra.length, 28);
  return Buffer.concat([header, entry.name, extra]);
}

/** Behind the data of a file that was made while it was written. */
export function dataDescriptor({ crc, packedBytes, bytes }: ZipEntry): Buffer {
  const descriptor = Buffer.alloc(24);
  descriptor.writeUInt32LE(0x08074b50, 0);
  descriptor.writeUInt32LE(crc, 4);
  descriptor.writeBigUInt64LE(BigInt(packedBytes), 8);
  descriptor.writeBigUInt64LE(BigInt(bytes), 16);
  return descriptor;
}

/** In the directory. */
export function centralHeader(entry: ZipEntry): Buffer {
  const { bytes, packedBytes, offset, crc, name } = entry;
  const large = [bytes, packedBytes, offset].filter((value) => value >= MAX_32);
  const extra = large.length > 0 ? zip64(large) : Buffer.alloc(0);
  const header = Buffer.alloc(46);
  header.writeUInt32LE(0x02014b50, 0);
  header.writeUInt16LE(UNIX | VERSION_ZIP64, 4);
  header.writeUInt16LE(large.length > 0 || entry.isStreamed ? VERSION_ZIP64 : VERSION, 6);
  header.writeUInt16LE(entry.isStreamed ? UTF8 | SIZES_FOLLOW : UTF8, 8);
  header.writeUInt16LE(entry.isPacked ? DEFLATE : 0, 10);
  header.writeUInt16LE(FIRST_DAY, 14);
  header.writeUInt32LE(crc, 16);
  header.writeUInt32LE(Math.min(packedBytes, MAX_32), 20);
  header.writeUInt32LE(Math.min(bytes, MAX_32), 24);
  header.writeUInt16LE(name.length, 28);
  header.writeUInt16LE(extra.length, 30);
  header.writeUInt32LE(PLAIN_FILE * 0x10000, 38);
  header.writeUInt32LE(Math.min(offset, MAX_32), 42);
  return Buffer.concat([header, name, extra]);
}

export interface Directory {
  readonly count: number;
  readonly bytes: number;
  readonly offset: number;
}

export function endOfArchive({ count, bytes, offset }: Directory): Buffer {
  const isLarge = count >= MAX_16 || bytes >= MAX_32 || offset >= MAX_32;
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Math.min(count, MAX_16), 8);
  end.writeUInt16LE(Math.min(count, MAX_16), 10);
  end.writeUInt32LE(Math.min(bytes, MAX_32), 12);
  end.writeUInt32LE(Math.min(offset, MAX_32), 16);
  return isLarge ? Buffer.concat([largeEnd({ count, bytes, offset }), end]) : end;
}

/** Zip64's own end record and its locator. */
function largeEnd({ count, bytes, offset }: Directory): Buffer {
  const end = Buffer.alloc(76);
  end.writeUInt32LE(0x06064b50, 0);
  end.writeBigUInt64LE(44n, 4);
  end.writeUInt16LE(UNIX | VERSION_ZIP64, 12);
  end.writeUInt16LE(VERSION_ZIP64, 14);
  end.writeBigUInt64LE(BigInt(count), 24);
  end.writeBigUInt64LE(BigInt(count), 32);
  end.writeBigUInt64LE(BigInt(bytes), 40);
  end.writeBigUInt64LE(BigInt(offset), 48);
  end.writeUInt32LE(0x07064b50, 56);
  end.writeBigUInt64LE(BigInt(offset + bytes), 64);
  end.writeUInt32LE(1, 72);
  return end;
}

function zip64(values: readonly number[]): Buffer {
  const extra = Buffer.alloc(4 + values.length * 8);
  extra.writeUInt16LE(1, 0);
  extra.writeUInt16LE(values.length * 8, 2);
  values.forEach((value, index) => extra.writeBigUInt64LE(BigInt(value), 4 + index * 8));
  return extra;
}
