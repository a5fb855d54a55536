import type { FastifyRequest } from 'fastify';
import { AppError, newUuid, trainingFileKey } from '#contracts';
import { recordTrainingFile, type TrainingFileRecord } from '#database';
import { cleanFileName, RefusedFileError, spool, type SpooledFile } from '#intake';
import { readForm } from '../intake/multipart.js';
import type { ApiParts } from '../parts.js';
import { RequestInvalidError } from '../problem/request-invalid.js';
import { toUploadError } from '../problem/to-app-error.js';

interface ReceivedFile {
  readonly name: string;
  readonly content: SpooledFile;
}

/**
 * Reads one file and the field `purpose`, in any order, and keeps the file. What its lines say is judged by
 * the job that trains on them.
 * Errors: those of `readForm`; `file.none`, `file.too_many`, `file.too_large`, `file.empty`, `request.invalid`.
 */
export async function receiveFile(
  parts: ApiParts,
  tenantId: string,
  request: FastifyRequest,
): Promise<TrainingFileRecord> {
  const { name, content } = await readFileForm(request, parts.config.trainingFileBytes);
  try {
    const { bytes, sha256 } = content;
    if (bytes === 0) throw new AppError('file.empty', 'The file has no bytes.');
    const id = newUuid();
    await parts.store.put(trainingFileKey(tenantId, id), content.body(), { bytes });
    return await recordTrainingFile(parts.database, tenantId, { id, name, bytes, sha256 });
  } finally {
    await content.dispose();
  }
}

async function readFileForm(request: FastifyRequest, most: number): Promise<ReceivedFile> {
  const detail = `The file has more than ${most} bytes. Keep its images in an image set, or split it.`;
  const limit = { bytes: most, refusal: { code: 'file.too_large', detail } };
  let file: ReceivedFile | undefined;
  try {
    for await (const part of readForm(request, { files: 1 })) {
      if (part.kind === 'field') requirePurpose(part.name, part.value);
      else {
        const content = await spool(part.source, () => limit, { drain: true });
        file = { name: cleanFileName(part.name), content };
      }
    }
    if (file === undefined) {
      throw new AppError('file.none', 'Send one JSONL file as the form field `file`.');
    }
    return file;
  } catch (error) {
    await file?.content.dispose();
    throw toFileError(error);
  }
}

function requirePurpose(name: string, value: unknown): void {
  if (name !== 'purpose' || value === 'fine-tune') return;
  throw new RequestInvalidError([
    { pointer: '/purpose', detail: 'must be `fine-tune`', code: 'invalid_value' },
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
