import { crc32 } from 'node:zlib';
import yauzl, { type Entry, type ZipFile } from 'yauzl';
import { cleanFileName } from '../file-name.js';
import { imageTooLarge, refusal, type Refusal } from '../refusal.js';
import { RefusedFileError, spool, type SpooledFile } from '../spool.js';
import { isArchive } from './archive-kind.js';
import {
  broken,
  nested,
  REST_UNREAD,
  tooDense,
  tooManyEntries,
  unpackBudget,
  type ArchivedFile,
  type ArchiveLimits,
  type UnpackBudget,
} from './archive-rules.js';
import { WRONG_SIZE, judgeEntry } from './zip-entry.js';

/** Below this an entry is not worth judging by its ratio: a drawing of one colour packs well too. */
const RATIO_FLOOR_BYTES = 65_536;

/** Of a zip archive, by its directory. */
export async function* readZip(
  archive: SpooledFile,
  archiveName: string,
  limits: ArchiveLimits,
): AsyncGenerator<ArchivedFile> {
  const budget = unpackBudget(archive, limits);
  try {
    const zip = await openZip(archive);
    if (zip.entryCount > limits.zipEntries) {
      yield { name: archiveName, refused: tooManyEntries('zip', limits.zipEntries) };
      return;
    }
    for await (const entry of zip.eachEntry()) {
      const found = await readEntry(zip, entry, limits, budget);
      if (found !== undefined) yield found;
      if (budget.left <= 0) {
        yield {
          name: archiveName,
          refused: tooDense('zip', limits, REST_UNREAD),
        };
        return;
      }
    }
  } catch (error) {
    if (!isZipError(error)) throw error;
    yield { name: archiveName, refused: broken('zip', error.message) };
  }
}

/** yauzl throws plain errors about the archive; what has a code is about this machine. */
function isZipError(error: unknown): error is Error {
  return error instanceof Error && error.constructor === Error && !('code' in error);
}

function openZip({ content }: SpooledFile): Promise<ZipFile> {
  const options = { decodeStrings: false, validateEntrySizes: false, autoClose: false };
  return 'memory' in content
    ? yauzl.fromBufferPromise(Buffer.concat(content.memory), options)
    : yauzl.fromFdPromise(content.disk.fd, options);
}

async function readEntry(
  zip: ZipFile,
  entry: Entry,
  limits: ArchiveLimits,
  budget: UnpackBudget,
): Promise<ArchivedFile | undefined> {
  const judged = judgeEntry(entry);
  if (judged.kind === 'skip') return undefined;
  const name = cleanFileName(judged.name);
  const refused = judged.kind === 'refused' ? judged.refused : declaredTooMuch(entry, limits);
  if (refused !== undefined) return { name, refused };
  try {
    const limitOf = (head: Uint8Array) =>
      isArchive(head)
        ? { bytes: 0, refusal: nested('zip') }
        : { bytes: limits.imageBytes, refusal: imageTooLarge(limits.imageBytes) };
    const file = await spool(inflate(zip, entry, limits, budget), limitOf, { drain: false });
    return { name, file };
  } catch (error) {
    if (error instanceof RefusedFileError) return { name, refused: error.refusal };
    throw error;
  }
}

function declaredTooMuch(entry: Entry, limits: ArchiveLimits): Refusal | undefined {
  if (entry.uncompressedSize > limits.imageBytes) return imageTooLarge(limits.imageBytes);
  return isTooDense(entry, entry.uncompressedSize, limits) ? tooDense('zip', limits) : undefined;
}

const isTooDense = (entry: Entry, bytes: number, limits: ArchiveLimits): boolean =>
  bytes > RATIO_FLOOR_BYTES && bytes > entry.compressedSize * limits.zipRatio;

/** The bytes of an entry, measured while they come. Errors: `RefusedFileError`. */
async function* inflate(
  zip: ZipFile,
  entry: Entry,
  limits: ArchiveLimits,
  budget: UnpackBudget,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  let checksum = 0;
  for await (const chunk of entryBytes(zip, entry)) {
    bytes += chunk.byteLength;
    budget.left -= chunk.byteLength;
    checksum = crc32(chunk, checksum);
    if (bytes > entry.uncompressedSize) throw new RefusedFileError(WRONG_SIZE);
    if (budget.left <= 0 || isTooDense(entry, bytes, limits)) {
      throw new RefusedFileError(tooDense('zip', limits));
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
