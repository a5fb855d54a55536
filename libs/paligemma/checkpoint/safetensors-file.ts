import { open, realpath, type FileHandle } from 'node:fs/promises';
import { tensorBytes, type ElementType } from '#onnx';
import { AppError } from '#contracts';
import { isObject } from './json-file.js';
import { findRepeatedKey } from './repeated-key.js';

/** Where one tensor lies. */
export interface StoredTensor {
  /** As the file calls it. */
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  /** Absolute, links resolved. */
  readonly path: string;
  /** From the start of the file. */
  readonly offset: number;
  readonly bytes: number;
}

/** What checkpoints are published in. */
const FLOATS: Readonly<Record<string, ElementType>> = {
  F32: 'float32',
  F16: 'float16',
  BF16: 'bfloat16',
};
/** What engine folders hold besides. */
const INTEGERS: Readonly<Record<string, ElementType>> = { I8: 'int8', U8: 'uint8' };
const PREFIX_BYTES = 8;
/**
 * The largest published model has some 950 tensors, so about 0.1 MB. The reference implementation takes 100 MB, of
 * which a hostile file could make gigabytes of objects.
 */
const MAX_HEADER_BYTES = 10_000_000;

/**
 * Lists the tensors of a safetensors file (https://huggingface.co/docs/safetensors): 8 bytes of header
 * length, a JSON header, then the data. Reads the header only; nothing is allocated for what it merely claims.
 * Errors: `checkpoint.unreadable` on a damaged header or one with a key twice, on tensors that overlap or leave gaps,
 * on a file that ends too early; `checkpoint.unsupported` on a number format other than F32, F16, BF16 (and I8, U8 when `integers`).
 */
export async function readSafetensors(
  path: string,
  options: { integers?: boolean } = {},
): Promise<StoredTensor[]> {
  const types = options.integers ? { ...FLOATS, ...INTEGERS } : FLOATS;
  const file = await open(path).catch((cause: unknown) => {
    throw damaged(path, 'it cannot be opened', cause);
  });
  try {
    const status = await file.stat();
    if (!status.isFile()) throw damaged(path, 'it is no file');
    const { size } = status;
    const prefix = await readExactly(file, path, PREFIX_BYTES, 0);
    const headerBytes = Number(prefix.readBigUInt64LE());
    if (headerBytes > Math.min(MAX_HEADER_BYTES, size - PREFIX_BYTES)) {
      throw damaged(path, 'its header would be longer than the file, or than 10 MB');
    }
    const header = parseHeader(path, await readExactly(file, path, headerBytes, PREFIX_BYTES));
    const place = { path: await realpath(path), start: PREFIX_BYTES + headerBytes, size, types };
    const tensors = Object.entries(header)
      .filter(([name]) => name !== '__metadata__')
      .map(([name, entry]) => storedTensor(place, name, entry));
    mustFillFile(place, tensors);
    return tensors;
  } finally {
    await file.close();
  }
}

interface Place {
  readonly path: string;
  readonly start: number;
  readonly size: number;
  readonly types: Readonly<Record<string, ElementType>>;
}

/** As the reference implementation asks: each byte of the data belongs to exactly one tensor. */
function mustFillFile({ path, start, size }: Place, tensors: readonly StoredTensor[]): void {
  let end = start;
  for (const tensor of tensors.toSorted((a, b) => a.offset - b.offset || a.bytes - b.bytes)) {
    if (tensor.offset !== end)
      throw damaged(path, `${tensor.name} does not begin where the tensor before it ends`);
    end += tensor.bytes;
  }
  if (end !== size) throw damaged(path, `${size - end} bytes at its end belong to no tensor`);
}

function storedTensor(
  { path, start, size, types }: Place,
  name: string,
  entry: unknown,
): StoredTensor {
  if (!isObject(entry)) throw damaged(path, `the entry of ${name} is no object`);
  const { dtype, shape, data_offsets: offsets } = entry;
  const type = typeof dtype === 'string' && Object.hasOwn(types, dtype) ? types[dtype] : undefined;
  if (!type) {
    throw new AppError(
      'checkpoint.unsupported',
      `${name} in ${path} is stored as ${String(dtype)}; F32, F16 and BF16 can be read. Use the unquantised checkpoint.`,
      { context: { path, tensor: name, dtype } },
    );
  }
  if (!isNumbers(shape) || !isNumbers(offsets) || offsets.length !== 2) {
    throw damaged(path, `the entry of ${name} has no shape or no offsets`);
  }
  const [begin, end] = offsets as [number, number];
  if (end - begin !== tensorBytes(type, shape) || start + end > size) {
    throw damaged(path, `the data of ${name} does not fit its shape or the file`);
  }
  return { name, type, shape, path, offset: start + begin, bytes: end - begin };
}

function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}

function parseHeader(path: string, bytes: Buffer): Record<string, unknown> {
  const json = bytes.toString('utf8');
  const header = parse(path, json);
  if (!isObject(header)) throw damaged(path, 'its header is no JSON object');
  // The format forbids them: which of two entries counts would differ between readers.
  const repeated = findRepeatedKey(json);
  if (repeated !== undefined) throw damaged(path, `its header has ${repeated} twice`);
  return header;
}

function parse(path: string, json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw damaged(path, 'its header is no JSON', cause);
  }
}

async function readExactly(
  file: FileHandle,
  path: string,
  bytes: number,
  position: number,
): Promise<Buffer> {
  const buffer = Buffer.alloc(bytes);
  const { bytesRead } = await file.read(buffer, 0, bytes, position);
  if (bytesRead < bytes) throw damaged(path, 'it ends too early');
  return buffer;
}

function damaged(path: string, problem: string, cause?: unknown): AppError {
  return new AppError(
    'checkpoint.unreadable',
    `${path} is damaged or incomplete: ${problem}. Download it again and compare its checksum.`,
    { cause, context: { path } },
  );
}
