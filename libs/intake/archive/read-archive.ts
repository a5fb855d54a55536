import type { SpooledFile } from '../spool.js';
import { isZip } from './archive-kind.js';
import type { ArchivedFile, ArchiveLimits } from './archive-rules.js';
import { readTar } from './read-tar.js';
import { readZip } from './read-zip.js';

export { isArchive, isZip } from './archive-kind.js';
export type { ArchivedFile, ArchiveLimits } from './archive-rules.js';

/**
 * The files of an archive, one at a time, each read to its end or refused on its own. An archive that
 * cannot be read on ends with one refusal under its own name. Nothing is ever written to a path.
 *
 * Nothing that the archive says about itself is believed: sizes, ratio and checksum are measured while
 * unpacking, which stops at the first limit.
 */
export function readArchive(
  archive: SpooledFile,
  archiveName: string,
  limits: ArchiveLimits,
): AsyncGenerator<ArchivedFile> {
  const read = isZip(archive.head) ? readZip : readTar;
  return read(archive, archiveName, limits);
}
