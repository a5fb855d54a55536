const BLOCK_BYTES = 512;
const CHECKSUM = { start: 148, end: 156 };

/** A file in the old form, and a file that wants to lie in one piece. */
const OLD_FILES = new Set([0, 0x37]);

/** One header of a tar archive (ustar, GNU or the old form). */
export interface TarHeader {
  readonly name: string;
  readonly bytes: number;
  /** `0` a file, `5` a folder, `x` and `g` attributes, `L` and `K` long names, all others no file. */
  readonly type: string;
}

/**
 * Whether a file begins like a tar archive. By the checksum, which every form has and no picture meets by
 * accident: the sum of 512 bytes is written out in octal in the middle of them.
 */
export function isTarHeader(head: Uint8Array): boolean {
  if (head.byteLength < BLOCK_BYTES) return false;
  const block = Buffer.from(head.buffer, head.byteOffset, BLOCK_BYTES);
  return block[0] !== 0 && hasChecksum(block);
}

export const isEndBlock = (block: Buffer): boolean => block.every((byte) => byte === 0);

/** Input: 512 bytes. Output: undefined when they are no header. */
export function readTarHeader(block: Buffer): TarHeader | undefined {
  if (!hasChecksum(block)) return undefined;
  const bytes = readNumber(block.subarray(124, 136));
  if (bytes === undefined) return undefined;
  const name = readText(block.subarray(0, 100));
  const flag = block[156] ?? 0;
  const type = OLD_FILES.has(flag) ? '0' : String.fromCharCode(flag);
  const hasPrefix = block.toString('latin1', 257, 263) === 'ustar\0';
  const prefix = hasPrefix ? readText(block.subarray(345, 500)) : '';
  return { name: prefix === '' ? name : `${prefix}/${name}`, bytes, type };
}

/** Attributes as pax writes them: `LENGTH KEY=VALUE\n`. Output: undefined when they are none. */
export function readPax(content: Buffer): ReadonlyMap<string, string> | undefined {
  const attributes = new Map<string, string>();
  for (let at = 0; at < content.byteLength;) {
    const space = content.indexOf(0x20, at);
    const length = space < 0 ? NaN : Number(content.toString('latin1', at, space));
    const end = at + length;
    if (!Number.isInteger(length) || end <= space || end > content.byteLength) return undefined;
    const [key = '', ...value] = content.toString('utf8', space + 1, end - 1).split('=');
    attributes.set(key, value.join('='));
    at = end;
  }
  return attributes;
}

function hasChecksum(block: Buffer): boolean {
  const stored = readNumber(block.subarray(CHECKSUM.start, CHECKSUM.end));
  if (stored === undefined) return false;
  let unsigned = 0;
  let signed = 0;
  for (let at = 0; at < BLOCK_BYTES; at++) {
    const isBlank = at >= CHECKSUM.start && at < CHECKSUM.end;
    const byte = isBlank ? 0x20 : (block[at] ?? 0);
    unsigned += byte;
    // Some old tools summed signed bytes.
    signed += byte > 127 ? byte - 256 : byte;
  }
  return stored === unsigned || stored === signed;
}

/** Octal, or big-endian when the first bit is set, as GNU writes what has no room in octal. */
function readNumber(field: Buffer): number | undefined {
  if ((field[0] ?? 0) === 0x80) {
    const value = field.subarray(1).reduce((sum, byte) => sum * 256 + byte, 0);
    return Number.isSafeInteger(value) ? value : undefined;
  }
  const text = readText(field).trim();
  return /^[0-7]{1,12}$/.test(text) ? Number.parseInt(text, 8) : undefined;
}

export function readText(field: Buffer): string {
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end < 0 ? field.byteLength : end);
}
