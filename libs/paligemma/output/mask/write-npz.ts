import { writeFile } from 'node:fs/promises';
import { crc32, deflateRawSync } from 'node:zlib';
import type { NumpyArray } from './npz-file.js';

const NUMPY_MAGIC = '\u0093NUMPY\u0001';
const LOCAL_HEADER_BYTES = 30;
const ENTRY_BYTES = 46;
const END_RECORD_BYTES = 22;
/** 2.0, the first that deflates. */
const ZIP_VERSION = 20;
const DEFLATED = 8;
/** 1980-01-01, the first day that a zip archive knows: equal arrays give equal bytes. */
const NO_DATE = 0x21;

/** Writes arrays, by name, as numpy's `savez_compressed` does; `readNpz` reads them. Errors: those of `writeFile`. */
export async function writeNpz(
  path: string,
  arrays: ReadonlyMap<string, NumpyArray>,
): Promise<void> {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const [name, { shape, data }] of arrays) {
    const file = Buffer.from(`${name}.npy`);
    const bytes = npy(shape, data);
    const packed = deflateRawSync(bytes, { level: 9 });
    const facts = factsOf(bytes, packed, file);
    parts.push(localHeader(facts), file, packed);
    directory.push(entry(facts, at), file);
    at += LOCAL_HEADER_BYTES + file.length + packed.length;
  }
  await writeFile(
    path,
    Buffer.concat([...parts, ...directory, endRecord(arrays.size, directory, at)]),
  );
}

/** numpy/lib/format.py, version 1.0. Type: as numpy calls it. */
export function npy(shape: readonly number[], values: Float32Array, type = '<f4'): Buffer {
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const literal = `{'descr': '${type}', 'fortran_order': False, 'shape': (${sizes}), }`;
  const padded = `${literal.padEnd(Math.ceil((literal.length + 11) / 64) * 64 - 11)}\n`;
  const head = Buffer.alloc(10);
  head.write(NUMPY_MAGIC, 'latin1');
  head.writeUInt16LE(padded.length, 8);
  const data = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return Buffer.concat([head, Buffer.from(padded), data]);
}

/** What both headers of a file say alike: APPNOTE.TXT 4.3.7, from the version on. */
function factsOf(bytes: Buffer, packed: Buffer, file: Buffer): Buffer {
  const facts = Buffer.alloc(26);
  facts.writeUInt16LE(ZIP_VERSION, 0);
  facts.writeUInt16LE(DEFLATED, 4);
  facts.writeUInt16LE(NO_DATE, 8);
  facts.writeUInt32LE(crc32(bytes), 10);
  facts.writeUInt32LE(packed.length, 14);
  facts.writeUInt32LE(bytes.length, 18);
  facts.writeUInt16LE(file.length, 22);
  return facts;
}

function localHeader(facts: Buffer): Buffer {
  return Buffer.concat([Buffer.from('PK\u0003\u0004'), facts]);
}

/** APPNOTE.TXT 4.3.12. */
function entry(facts: Buffer, headerAt: number): Buffer {
  const bytes = Buffer.alloc(ENTRY_BYTES);
  bytes.write('PK\u0001\u0002');
  bytes.writeUInt16LE(ZIP_VERSION, 4);
  facts.copy(bytes, 6);
  bytes.writeUInt32LE(headerAt, 42);
  return bytes;
}

/** APPNOTE.TXT 4.3.16. */
function endRecord(count: number, directory: readonly Buffer[], directoryAt: number): Buffer {
  const bytes = Buffer.alloc(END_RECORD_BYTES);
  bytes.write('PK\u0005\u0006');
  bytes.writeUInt16LE(count, 8);
  bytes.writeUInt16LE(count, 10);
  bytes.writeUInt32LE(
    directory.reduce((total, part) => total + part.length, 0),
    12,
  );
  bytes.writeUInt32LE(directoryAt, 16);
  return bytes;
}
