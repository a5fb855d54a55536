import { createGunzip } from 'node:zlib';
import { cleanFileName } from '../file-name.js';
import { imageTooLarge } from '../refusal.js';
import { RefusedFileError, spool, type SpooledFile } from '../spool.js';
import { isArchive, isGzip } from './archive-kind.js';
import {
  broken,
  isClutter,
  nested,
  notAFile,
  REST_UNREAD,
  tooDense,
  tooManyEntries,
  unpackBudget,
  unsafeName,
  type ArchivedFile,
  type ArchiveLimits,
  type UnpackBudget,
} from './archive-rules.js';
import { BlockReader } from './block-reader.js';
import { BrokenTarError, TarEntries, type TarEntry } from './tar-entries.js';

/** Of a tar archive, plain or packed with gzip. Its entries come in one pass, in their order. */
export async function* readTar(
  archive: SpooledFile,
  archiveName: string,
  limits: ArchiveLimits,
): AsyncGenerator<ArchivedFile> {
  const budget = unpackBudget(archive, limits);
  const reader = new BlockReader(unpacked(archive, limits, budget));
  const entries = new TarEntries(reader);
  try {
    for (let count = 1; ; count++) {
      const entry = await entries.next();
      if (entry === undefined) return;
      if (count > limits.zipEntries) {
        yield { name: archiveName, refused: tooManyEntries('tar', limits.zipEntries) };
        return;
      }
      const found = await readEntry(entries, entry, limits);
      if (found !== undefined) yield found;
    }
  } catch (error) {
    const refused = refusalOf(error);
    if (refused === undefined) throw error;
    yield { name: archiveName, refused };
  } finally {
    await reader.close();
  }
}

function refusalOf(error: unknown) {
  if (error instanceof RefusedFileError) return error.refusal;
  if (error instanceof BrokenTarError) return broken('tar', error.message);
  const isZlib = error instanceof Error && 'code' in error && String(error.code).startsWith('Z_');
  return isZlib ? broken('tar', error.message) : undefined;
}

async function* unpacked(
  archive: SpooledFile,
  limits: ArchiveLimits,
  budget: UnpackBudget,
): AsyncGenerator<Uint8Array> {
  const source = archive.stream();
  const stream = isGzip(archive.head) ? source.pipe(createGunzip()) : source;
  // An error of the disk must reach whoever waits for the unpacked bytes.
  if (stream !== source) source.on('error', (error) => stream.destroy(error));
  try {
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      budget.left -= chunk.byteLength;
      if (budget.left <= 0) throw new RefusedFileError(tooDense('tar', limits, REST_UNREAD));
      yield chunk;
    }
  } finally {
    source.destroy();
    stream.destroy();
  }
}

async function readEntry(
  entries: TarEntries,
  entry: TarEntry,
  limits: ArchiveLimits,
): Promise<ArchivedFile | undefined> {
  const given = entry.name.replaceAll('\\', '/').replace(/^(\.\/)+/, '');
  if (entry.type === '5' || given.endsWith('/') || isClutter(given)) return undefined;
  const name = cleanFileName(given);
  const tooLarge = entry.bytes > limits.imageBytes ? imageTooLarge(limits.imageBytes) : undefined;
  const refused =
    unsafeName('tar', given) ?? (entry.type === '0' ? undefined : notAFile('tar')) ?? tooLarge;
  if (refused !== undefined) return { name, refused };
  try {
    const limitOf = (head: Uint8Array) =>
      isArchive(head)
        ? { bytes: 0, refusal: nested('tar') }
        : { bytes: limits.imageBytes, refusal: imageTooLarge(limits.imageBytes) };
    return { name, file: await spool(entries.content(), limitOf, { drain: false }) };
  } catch (error) {
    // What ends the whole archive is told under its name.
    if (error instanceof RefusedFileError && !error.refusal.code.endsWith('.ratio')) {
      return { name, refused: error.refusal };
    }
    throw error;
  }
}
