import yauzl, { type Entry } from 'yauzl';
import { refusal, type Refusal } from './refusal.js';

const UTF8_FLAG = 0x800;
const UNIX_HOSTS = new Set([3, 19]);
const FILE_TYPE = 0o170000;
const REGULAR = 0o100000;
const DIRECTORY = 0o040000;
const STORED = 0;
const DEFLATED = 8;

/** What desktops add to archives without being asked. */
const CLUTTER = /^__MACOSX\/|(^|\/)(\.DS_Store|Thumbs\.db|desktop\.ini)$/;

export type JudgedEntry =
  | { readonly kind: 'skip' }
  | { readonly kind: 'refused'; readonly name: string; readonly refused: Refusal }
  | { readonly kind: 'file'; readonly name: string };

/** Looks at what the directory of an archive says about an entry, before any of its bytes are read. */
export function judgeEntry(entry: Entry): JudgedEntry {
  const name = decodeName(entry);
  const type = fileType(entry);
  if (name.endsWith('/') || type === DIRECTORY || CLUTTER.test(name)) return { kind: 'skip' };
  const refused = unsafeName(name) ?? (type === REGULAR ? undefined : NO_FILE) ?? unreadable(entry);
  return refused === undefined ? { kind: 'file', name } : { kind: 'refused', name, refused };
}

/** As the flags and extra fields say; and as UTF-8 wherever it is, for most tools write that without the flag. */
function decodeName(entry: Entry): string {
  const raw = entry.fileNameRaw;
  const isUtf8 = (entry.generalPurposeBitFlag & UTF8_FLAG) !== 0;
  const text =
    (isUtf8 ? undefined : strictUtf8(raw)) ??
    yauzl.getFileNameLowLevel(entry.generalPurposeBitFlag, raw, entry.extraFields, true);
  // Some Windows tools write their own separator.
  return text.replaceAll('\\', '/');
}

function strictUtf8(raw: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(raw);
  } catch {
    return undefined;
  }
}

function fileType(entry: Entry): number {
  if (!UNIX_HOSTS.has(entry.versionMadeBy >> 8)) return REGULAR;
  return (entry.externalFileAttributes >>> 16) & FILE_TYPE || REGULAR;
}

/**
 * No entry is ever written to a path, so these names can do no harm here; but whoever made one meant
 * harm, and a result file that carries the name on could do it elsewhere.
 */
export function unsafeName(name: string): Refusal | undefined {
  if (name === '') return refusal('zip.unsafe_name', 'The entry has no name.');
  if (name.includes('\0')) return refusal('zip.unsafe_name', 'The name of the entry holds a NUL.');
  if (name.startsWith('/') || /^[A-Za-z]:/.test(name)) {
    return refusal('zip.unsafe_name', 'The name of the entry is an absolute path.');
  }
  if (name.split('/').includes('..')) {
    return refusal('zip.unsafe_name', 'The name of the entry leads out of the archive.');
  }
  return undefined;
}

const NO_FILE = refusal('zip.not_a_file', 'The entry is a link or a device, not a file.');

function unreadable(entry: Entry): Refusal | undefined {
  if (entry.isEncrypted()) {
    return refusal('zip.encrypted', 'The entry is encrypted. Send the archive without a password.');
  }
  if (entry.compressionMethod !== STORED && entry.compressionMethod !== DEFLATED) {
    return refusal(
      'zip.unsupported_compression',
      `The entry is packed by method ${entry.compressionMethod}. Pack it with deflate, as every tool can.`,
    );
  }
  if (entry.compressionMethod === STORED && entry.compressedSize !== entry.uncompressedSize)
    return WRONG_SIZE;
  return undefined;
}

export const WRONG_SIZE = refusal(
  'zip.wrong_size',
  'The entry is not as long as the archive says. Pack the archive again.',
);
