import { refusal, type Refusal } from '../refusal.js';
import type { SpooledFile } from '../spool.js';

export type ArchiveKind = 'zip' | 'tar';

/** What an archive may cost; its own size was bounded when it was received. */
export interface ArchiveLimits {
  readonly imageBytes: number;
  readonly zipEntries: number;
  /** Most bytes that one packed byte may become. */
  readonly zipRatio: number;
}

export type ArchivedFile =
  | { readonly name: string; readonly file: SpooledFile }
  | { readonly name: string; readonly refused: Refusal };

/** What all entries together may still unpack to. */
export interface UnpackBudget {
  left: number;
}

/** `zipRatio` times the archive, so entries that share their bytes, and layers of packing, gain nothing. */
export const unpackBudget = (archive: SpooledFile, limits: ArchiveLimits): UnpackBudget => ({
  left: limits.zipRatio * archive.bytes + limits.imageBytes,
});

/** What desktops add to archives without being asked. */
const CLUTTER = /^(\.\/)?__MACOSX\/|(^|\/)(\.DS_Store|\._[^/]*|Thumbs\.db|desktop\.ini)$/;

export const isClutter = (name: string): boolean => CLUTTER.test(name);

/**
 * No entry is ever written to a path, so these names can do no harm here; but whoever made one meant
 * harm, and a result file that carries the name on could do it elsewhere.
 */
export function unsafeName(kind: ArchiveKind, name: string): Refusal | undefined {
  const unsafe = (detail: string): Refusal => refusal(`${kind}.unsafe_name`, detail);
  if (name === '') return unsafe('The entry has no name.');
  if (name.includes('\0')) return unsafe('The name of the entry holds a NUL.');
  if (name.startsWith('/') || /^[A-Za-z]:/.test(name)) {
    return unsafe('The name of the entry is an absolute path.');
  }
  if (name.split('/').includes('..')) {
    return unsafe('The name of the entry leads out of the archive.');
  }
  return undefined;
}

export const notAFile = (kind: ArchiveKind): Refusal =>
  refusal(`${kind}.not_a_file`, 'The entry is a link or a device, not a file.');

export const nested = (kind: ArchiveKind): Refusal =>
  refusal(`${kind}.nested`, 'The entry is an archive itself. Send it on its own.');

export const tooManyEntries = (kind: ArchiveKind, most: number): Refusal =>
  refusal(
    `${kind}.too_many_entries`,
    `The archive has more than ${most} entries. Send several smaller ones.`,
  );

export const tooDense = (
  kind: ArchiveKind,
  limits: ArchiveLimits,
  rest = 'Send the file on its own.',
): Refusal =>
  refusal(
    `${kind}.ratio`,
    `It unpacks to more than ${limits.zipRatio} times its packed size. ${rest}`,
  );

export const REST_UNREAD = 'The rest of the archive was not read.';

/** The archive cannot be read on; `reason` is empty or what the reader said. */
export const broken = (kind: ArchiveKind, reason: string): Refusal =>
  refusal(
    `${kind}.broken`,
    `The archive cannot be read${reason === '' ? '' : `: ${reason}`}. Pack it again.`,
  );
