import type { FastifyRequest } from 'fastify';
import { AppError, fileKey, newUuid, uploadPurposeSchema, type UploadPurpose } from '#contracts';
import { recordFile, requireRoomForBytes, type FileRecord } from '#database';
import { cleanFileName, RefusedFileError, spool, type SpooledFile } from '#intake';
import { readForm } from '../intake/multipart.js';
import type { ApiParts } from '../parts.js';
import { RequestInvalidError } from '../problem/request-invalid.js';
import { toUploadError } from '../problem/to-app-error.js';

interface ReceivedFile {
  readonly name: string;
  readonly content: SpooledFile;
  readonly purpose: UploadPurpose;
}

/** Most bytes of a file for each purpose. */
type Limits = Readonly<Record<UploadPurpose, number>>;

/**
 * Reads one file and the field `purpose`, in any order, and keeps the file. What its lines say is judged by
 * the work that reads them.
 * Errors: those of `readForm`; `file.none`, `file.too_many`, `file.too_large`, `file.empty`, `request.invalid`,
 * `quota.stored_bytes`.
 */
export async function receiveFile(
  parts: ApiParts,
  tenantId: string,
  request: FastifyRequest,
): Promise<FileRecord> {
  const { trainingFileBytes, batchFileBytes, limits } = parts.config;
  const { name, content, purpose } = await readFileForm(request, {
    'fine-tune': trainingFileBytes,
    batch: batchFileBytes,
    vision: limits.imageBytes,
    user_data: limits.imageBytes,
  });
  try {
    const { bytes, sha256 } = content;
    if (bytes === 0) throw new AppError('file.empty', 'The file has no bytes.');
    await requireRoomForBytes(parts.database, tenantId, bytes, parts.config.quota);
    const id = newUuid();
    await content.send((body) => parts.store.put(fileKey(tenantId, id), body, { bytes }));
    return await keep(parts, tenantId, { id, name, purpose, bytes, sha256 });
  } finally {
    await content.dispose();
  }
}

/** Between the look and the row others may have taken the room that there was. */
async function keep(
  { database, store, config }: ApiParts,
  tenantId: string,
  file: Omit<FileRecord, 'createdAt'>,
): Promise<FileRecord> {
  try {
    return await database.transaction((tx) => recordFile(tx, tenantId, file, config.quota));
  } catch (error) {
    if (error instanceof AppError && error.code === 'quota.stored_bytes') {
      await store.remove(fileKey(tenantId, file.id));
    }
    throw error;
  }
}

async function readFileForm(request: FastifyRequest, limits: Limits): Promise<ReceivedFile> {
  // The purpose may come after the file; until then the largest limit holds.
  const most = Math.max(...Object.values(limits));
  let file: Omit<ReceivedFile, 'purpose'> | undefined;
  let purpose: UploadPurpose = 'fine-tune';
  try {
    for await (const part of readForm(request, { files: 1 })) {
      if (part.kind === 'file') {
        const limit = { bytes: most, refusal: { code: 'file.too_large', detail: tooLarge(most) } };
        const content = await spool(part.source, () => limit, { drain: true });
        file = { name: cleanFileName(part.name), content };
      } else if (part.name === 'purpose') purpose = parsePurpose(part.value);
    }
    if (file === undefined) {
      throw new AppError('file.none', 'Send one file as the form field `file`.');
    }
    const limit = limits[purpose];
    if (file.content.bytes > limit) throw new AppError('file.too_large', tooLarge(limit));
    return { ...file, purpose };
  } catch (error) {
    await file?.content.dispose();
    throw toFileError(error);
  }
}

const tooLarge = (most: number): string =>
  `The file has more than ${most} bytes. Keep its images in an image set, or split it.`;

function parsePurpose(value: unknown): UploadPurpose {
  const parsed = uploadPurposeSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const known = uploadPurposeSchema.options.map((purpose) => `\`${purpose}\``).join(', ');
  throw new RequestInvalidError([
    { pointer: '/purpose', detail: `must be one of ${known}`, code: 'invalid_value' },
  ]);
}

function toFileError(error: unknown): unknown {
  if (error instanceof RefusedFileError) {
    return new AppError(error.refusal.code, error.refusal.detail, { cause: error });
  }
  const known = toUploadError(error);
  if (known instanceof AppError && known.code === 'upload.too_many_files') {
    return new AppError('file.too_many', 'Send one file per request.');
  }
  return known;
}
