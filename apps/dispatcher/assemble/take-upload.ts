import { AppError, type StorageQuota } from '#contracts';
import type { IntakeLimits } from '#config';
import {
  listAnnouncedParts,
  type Database,
  type RecordedFile,
  type UploadCounts,
  type UploadRecord,
} from '#database';
import {
  ImageIntake,
  isArchive,
  limitOfFile,
  readArchive,
  RefusedFileError,
  spool,
  type SpooledFile,
} from '#intake';
import type { ObjectStore } from '#storage';
import { readParts } from './read-parts.js';

export interface TakeParts {
  readonly database: Database;
  readonly store: ObjectStore;
  readonly limits: IntakeLimits;
  /** Of each tenant. */
  readonly quota: StorageQuota;
}

function statusOf(row: RecordedFile): keyof UploadCounts {
  if ('refused' in row) return 'refused';
  return row.duplicate ? 'duplicate' : 'accepted';
}

/**
 * Makes images of an upload whose parts are there: reads it once, hashed, weighed and sniffed, and takes it into its
 * set as a file of a form is taken. Doing it again adds nothing.
 * Errors: `DamagedPartError`, `upload.wrong_sha256`; those of the store and of `recordFiles`.
 */
export async function takeUpload(
  parts: TakeParts,
  upload: UploadRecord,
  signal: AbortSignal,
): Promise<UploadCounts> {
  const { database, store, limits, quota } = parts;
  const counts = { accepted: 0, duplicate: 0, refused: 0 };
  const target = {
    tenantId: upload.tenantId,
    setId: upload.setId,
    imagesPerSet: limits.imagesPerSet,
    quota,
  };
  const intake = new ImageIntake(parts, target, {
    recorded: (_, rows) => {
      for (const row of rows) counts[statusOf(row)] += 1;
    },
  });
  try {
    const announced = await listAnnouncedParts(database, upload.id);
    const source = readParts(store, upload, announced, signal);
    const file = await spool(source, limitOfFile(limits), { drain: false });
    counts.refused += await take(intake, upload, file, { limits, signal });
  } catch (error) {
    if (!(error instanceof RefusedFileError)) throw error;
    await intake.refuse(upload.name, error.refusal);
    counts.refused += 1;
  } finally {
    await intake.close();
  }
  await intake.flush();
  return counts;
}

/** Output: how many files were refused. */
async function take(
  intake: ImageIntake,
  upload: UploadRecord,
  file: SpooledFile,
  { limits, signal }: { limits: IntakeLimits; signal: AbortSignal },
): Promise<number> {
  const { name } = upload;
  if (!isArchive(file.head)) {
    if (!isExpected(upload, file)) await refuseWhole(file);
    return (await intake.take({ name }, file)) === undefined ? 0 : 1;
  }
  let refused = 0;
  try {
    if (!isExpected(upload, file)) throw wrongHash();
    for await (const found of readArchive(file, name, limits)) {
      signal.throwIfAborted();
      if ('refused' in found) await intake.refuse(found.name, found.refused);
      const isRefused =
        'refused' in found || (await intake.take({ name: found.name }, found.file)) !== undefined;
      if (isRefused) refused += 1;
    }
  } finally {
    await file.dispose();
  }
  return refused;
}

const isExpected = ({ sha256 }: UploadRecord, file: SpooledFile): boolean =>
  sha256 === null || sha256 === file.sha256;

async function refuseWhole(file: SpooledFile): Promise<never> {
  await file.dispose();
  throw wrongHash();
}

const wrongHash = (): AppError =>
  new AppError(
    'upload.wrong_sha256',
    'What came is not what was announced: its SHA-256 differs, though every part is right. The file has changed while it was sent; upload it again.',
  );
