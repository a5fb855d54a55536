import { readFile, stat } from 'node:fs/promises';
import { inflateRawSync } from 'node:zlib';
import { AppError } from '#contracts';

/** An array of a .npz file: float32, row-major. */
export interface NumpyArray {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** The published decoder with its encoder takes 13 MB; what claims to be much larger is something else. */
const MAX_FILE_BYTES = 100_000_000;
const MAX_ARRAY_BYTES = 100_000_000;
const END_RECORD = 0x06054b50;
const ENTRY = 0x02014b50;
const LOCAL_HEADER = 0x04034b50;
const END_RECORD_BYTES = 22;
const MAX_COMMENT_BYTES = 0xffff;
const NUMPY_MAGIC = '\u0093NUMPY';

/**
 * Reads named arrays of a .npz file: a zip archive of .npy files (numpy.lib.format), stored or deflated.
 * Errors: `mask_decoder.unreadable`, naming the array where one is at fault.
 */
export async function readNpz(
  path: string,
  names: readonly string[],
): Promise<ReadonlyMap<string, NumpyArray>> {
  const bytes = await load(path);
  try {
    const entries = listEntries(bytes);
    return new Map(
      names.map((name) => {
        const entry = entries.get(`${name}.npy`);
        if (!entry) throw new Error(`it has no array ${name}`);
        return [name, parseNpy(name, unpack(bytes, name, entry))];
      }),
    );
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw unreadable(path, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

async function load(path: string): Promise<Buffer> {
  try {
    const { size } = await stat(path);
    if (size > MAX_FILE_BYTES) throw new Error(`it has ${size} bytes`);
    return await readFile(path);
  } catch (cause) {
    throw unreadable(path, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

interface Entry {
  readonly method: number;
  readonly packedBytes: number;
  readonly bytes: number;
  readonly headerAt: number;
}

/** APPNOTE.TXT 4.3.12 and 4.3.16. Reads outside the buffer throw a RangeError, which is reported as damage. */
function listEntries(zip: Buffer): Map<string, Entry> {
  let end = zip.length - END_RECORD_BYTES;
  const first = Math.max(0, end - MAX_COMMENT_BYTES);
  while (end >= first && zip.readUInt32LE(end) !== END_RECORD) end--;
  if (end < first) throw new Error('it is no zip archive');
  const entries = new Map<string, Entry>();
  let at = zip.readUInt32LE(end + 16);
  for (let count = zip.readUInt16LE(end + 10); count > 0; count--) {
    if (zip.readUInt32LE(at) !== ENTRY) throw new Error('its directory is damaged');
    const nameBytes = zip.readUInt16LE(at + 28);
    const name = zip.toString('utf8', at + 46, at + 46 + nameBytes);
    entries.set(name, {
      method: zip.readUInt16LE(at + 10),
      packedBytes: zip.readUInt32LE(at + 20),
      bytes: zip.readUInt32LE(at + 24),
      headerAt: zip.readUInt32LE(at + 42),
    });
    at += 46 + nameBytes + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  return entries;
}

function unpack(zip: Buffer, name: string, entry: Entry): Buffer {
  const { headerAt, packedBytes, bytes, method } = entry;
  if (zip.readUInt32LE(headerAt) !== LOCAL_HEADER)
    throw new Error(`the entry of ${name} is damaged`);
  if (bytes > MAX_ARRAY_BYTES) throw new Error(`${name} claims ${bytes} bytes`);
  const start = headerAt + 30 + zip.readUInt16LE(headerAt + 26) + zip.readUInt16LE(headerAt + 28);
  const packed = zip.subarray(start, start + packedBytes);
  if (packed.length !== packedBytes) throw new Error(`${name} is cut off`);
  if (method === 0) return packed;
  if (method === 8) return inflateRawSync(packed, { maxOutputLength: Math.max(1, bytes) });
  throw new Error(`${name} is packed in a way (${method}) that numpy does not use`);
}

/** numpy/lib/format.py: magic, version, header length, a Python literal, then the data. */
function parseNpy(name: string, npy: Buffer): NumpyArray {
  if (npy.toString('latin1', 0, 6) !== NUMPY_MAGIC) throw new Error(`${name} is no numpy array`);
  const isFirstVersion = npy[6] === 1;
  const headerBytes = isFirstVersion ? npy.readUInt16LE(8) : npy.readUInt32LE(8);
  const start = (isFirstVersion ? 10 : 12) + headerBytes;
  const header = npy.toString('latin1', isFirstVersion ? 10 : 12, start);
  const type = /'descr': *'([^']*)'/.exec(header)?.[1];
  const shape = /'shape': *\(([\d, ]*)\)/.exec(header)?.[1];
  if (type !== '<f4') throw new Error(`${name} is of type ${type ?? 'unknown'}, not float32`);
  if (!/'fortran_order': *False/.test(header) || shape === undefined) {
    throw new Error(`${name} is not row-major`);
  }
  const sizes = shape.split(',').flatMap((size) => (size.trim() === '' ? [] : [Number(size)]));
  const bytes = sizes.reduce((product, size) => product * size, 4);
  if (npy.length - start !== bytes) throw new Error(`${name} does not hold ${bytes} bytes`);
  return { shape: sizes, data: new Float32Array(new Uint8Array(npy.subarray(start)).buffer) };
}

function unreadable(path: string, problem: string, cause: unknown): AppError {
  return new AppError(
    'mask_decoder.unreadable',
    `${path} is not big_vision's vae-oid.npz: ${problem}. Download it again.`,
    { cause, context: { path } },
  );
}
