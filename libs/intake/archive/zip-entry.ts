import yauzl, { type Entry } from 'yauzl';
import { refusal, type Refusal } from '../refusal.js';
import { isClutter, notAFile, unsafeName } from './archive-rules.js';

const UTF8_FLAG = 0x800;
const UNIX_HOSTS = new Set([3, 19]);
const FILE_TYPE = 0o170000;
const REGULAR = 0o100000;
const DIRECTORY = 0o040000;
const STORED = 0;
const DEFLATED = 8;

export type JudgedEntry =
  | { readonly kind: 'skip' }
  | { readonly kind: 'refused'; readonly name: string; readonly refused: Refusal }
  | { readonly kind: 'file'; readonly name: string };

/** Looks at what the directory of an archive says about an entry, before any of its bytes are read. */
export function judgeEntry(entry: Entry): JudgedEntry {
  const name = decodeName(entry);
  const type = fileType(entry);
  if (name.endsWith('/') || type === DIRECTORY || isClutter(name)) return { kind: 'skip' };
  const refused =
    unsafeName('zip', name) ??
    (type === REGULAR ? undefined : notAFile('zip')) ??
    unreadable(entry);
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
