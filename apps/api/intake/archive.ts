import { crc32 } from 'node:zlib';
import yauzl, { type Entry, type ZipFile } from 'yauzl';
import type { IntakeLimits } from '#config';
import { WRONG_SIZE, judgeEntry } from './archive-entry.js';
import { cleanFileName } from './file-name.js';
import { imageTooLarge, refusal, type Refusal } from './refusal.js';
import { RefusedFileError, spool, type SpooledFile } from './spool.js';

const ZIP_MAGIC = 0x504b0304;
/** Below this an entry is not worth judging by its ratio: a drawing of one colour packs well too. */
const RATIO_FLOOR_BYTES = 65_536;

export const isZip = (head: Uint8Array): boolean =>
  head.byteLength >= 4 && Buffer.from(head.subarray(0, 4)).readUInt32BE() === ZIP_MAGIC;

export type ArchivedFile =
  | { readonly name: string; readonly file: SpooledFile }
  | { readonly name: string; readonly refused: Refusal };

const BROKEN = 'The archive cannot be read';

/**
 * The files of a zip archive, one at a time, each read to its end or refused on its own. An archive that
 * cannot be read on ends with one refusal under its own name.
 *
 * Nothing that the archive says about itself is believed: sizes, ratio and checksum are measured while
 * inflating, which stops at the first limit; all entries together may unpack to `zipRatio` times the
 * archive, so entries that share their bytes gain nothing.
 */
export async function* readArchive(
  archive: SpooledFile,
  archiveName: string,
  limits: IntakeLimits,
): AsyncGenerator<ArchivedFile> {
  const budget = { left: limits.zipRatio * archive.bytes + limits.imageBytes };
  try {
    const zip = await openZip(archive);
    if (zip.entryCount > limits.zipEntries) {
      const detail = `The archive has more than ${limits.zipEntries} entries. Send several smaller ones.`;
      yield { name: archiveName, refused: refusal('zip.too_many_entries', detail) };
      return;
    }
    for await (const entry of zip.eachEntry()) {
      const found = await readEntry(zip, entry, limits, budget);
      if (found !== undefined) yield found;
      if (budget.left <= 0) {
        yield {
          name: archiveName,
          refused: tooDense(limits, 'The rest of the archive was not read.'),
        };
        return;
      }
    }
  } catch (error) {
    if (!isZipError(error)) throw error;
    const detail = `${BROKEN}${error.message ? `: ${error.message}` : ''}. Pack it again.`;
    yield { name: archiveName, refused: refusal('zip.broken', detail) };
  }
}

/** yauzl throws plain errors about the archive; what has a code is about this machine. */
function isZipError(error: unknown): error is Error {
  return error instanceof Error && error.constructor === Error && !('code' in error);
}

function openZip({ content }: SpooledFile): Promise<ZipFile> {
  const options = { decodeStrings: false, validateEntrySizes: false, autoClose: false };
  return 'memory' in content
    ? yauzl.fromBufferPromise(content.memory, options)
    : yauzl.fromFdPromise(content.disk.fd, options);
}

async function readEntry(
  zip: ZipFile,
  entry: Entry,
  limits: IntakeLimits,
  budget: { left: number },
): Promise<ArchivedFile | undefined> {
  const judged = judgeEntry(entry);
  if (judged.kind === 'skip') return undefined;
  const name = cleanFileName(judged.name);
  const refused = judged.kind === 'refused' ? judged.refused : declaredTooMuch(entry, limits);
  if (refused !== undefined) return { name, refused };
  try {
    const limitOf = (head: Uint8Array) =>
      isZip(head)
        ? NESTED
        : { bytes: limits.imageBytes, refusal: imageTooLarge(limits.imageBytes) };
    const file = await spool(inflate(zip, entry, limits, budget), limitOf, { drain: false });
    return { name, file };
  } catch (error) {
    if (error instanceof RefusedFileError) return { name, refused: error.refusal };
    throw error;
  }
}

const NESTED = {
  bytes: 0,
  refusal: refusal('zip.nested', 'The entry is an archive itself. Send it on its own.'),
};

function declaredTooMuch(entry: Entry, limits: IntakeLimits): Refusal | undefined {
  if (entry.uncompressedSize > limits.imageBytes) return imageTooLarge(limits.imageBytes);
  return isTooDense(entry, entry.uncompressedSize, limits) ? tooDense(limits) : undefined;
}

const isTooDense = (entry: Entry, bytes: number, limits: IntakeLimits): boolean =>
  bytes > RATIO_FLOOR_BYTES && bytes > entry.compressedSize * limits.zipRatio;

const tooDense = (limits: IntakeLimits, rest = 'Send the file on its own.'): Refusal =>
  refusal('zip.ratio', `It unpacks to more than ${limits.zipRatio} times its packed size. ${rest}`);

/** The bytes of an entry, measured while they come. Errors: `RefusedFileError`. */
async function* inflate(
  zip: ZipFile,
  entry: Entry,
  limits: IntakeLimits,
  budget: { left: number },
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  let checksum = 0;
  for await (const chunk of entryBytes(zip, entry)) {
    bytes += chunk.byteLength;
    budget.left -= chunk.byteLength;
    checksum = crc32(chunk, checksum);
    if (bytes > entry.uncompressedSize) throw new RefusedFileError(WRONG_SIZE);
    if (budget.left <= 0 || isTooDense(entry, bytes, limits)) {
      throw new RefusedFileError(tooDense(limits));
    }
    yield chunk;
  }
  if (bytes !== entry.uncompressedSize) throw new RefusedFileError(WRONG_SIZE);
  if (checksum !== entry.crc32) {
    const detail = 'The checksum of the entry does not match its bytes. Pack the archive again.';
    throw new RefusedFileError(refusal('zip.wrong_checksum', detail));
  }
}

async function* entryBytes(zip: ZipFile, entry: Entry): AsyncGenerator<Uint8Array> {
  try {
    yield* await zip.openReadStreamPromise(entry);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new RefusedFileError(
      refusal(
        'zip.broken_entry',
        `The entry cannot be unpacked (${detail}). Pack the archive again.`,
      ),
    );
  }
}
