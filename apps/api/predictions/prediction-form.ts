import type { FastifyRequest } from 'fastify';
import { AppError, createPredictionSchema, type CreatePrediction } from '#contracts';
import { cleanFileName, imageTooLarge, RefusedFileError, spool, type SpooledFile } from '#intake';
import { readForm } from '../intake/multipart.js';
import { RequestInvalidError } from '../problem/request-invalid.js';
import { toUploadError } from '../problem/to-app-error.js';

export interface PredictionForm {
  readonly request: CreatePrediction;
  readonly name: string;
  /** To be disposed by the caller. */
  readonly image: SpooledFile;
}

/**
 * Reads one file and the fields `tasks` (JSON) and `model`, in any order.
 * Errors: those of `readForm`; `prediction.no_image`, `prediction.too_many_images`, `image.too_large`, `request.invalid`.
 */
export async function readPredictionForm(
  request: FastifyRequest,
  imageBytes: number,
): Promise<PredictionForm> {
  const fields: Record<string, unknown> = {};
  let file: { name: string; image: SpooledFile } | undefined;
  const limit = { bytes: imageBytes, refusal: imageTooLarge(imageBytes) };
  try {
    for await (const part of readForm(request, { files: 1 })) {
      if (part.kind === 'field') fields[part.name] = part.value;
      else {
        const image = await spool(part.source, () => limit, { drain: true });
        file = { name: cleanFileName(part.name), image };
      }
    }
    if (file === undefined) {
      throw new AppError('prediction.no_image', 'Send one picture as the form field `image`.');
    }
    return { request: parseFields(fields), ...file };
  } catch (error) {
    await file?.image.dispose();
    throw toPredictionError(error);
  }
}

function parseFields(fields: Record<string, unknown>): CreatePrediction {
  const given = { ...fields };
  if (typeof given.tasks === 'string') given.tasks = parseJson(given.tasks);
  const parsed = createPredictionSchema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw RequestInvalidError.from(parsed.error.issues);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new RequestInvalidError([
      { pointer: '/tasks', detail: 'is not valid JSON', code: 'invalid_json' },
    ]);
  }
}

function toPredictionError(error: unknown): unknown {
  if (error instanceof RefusedFileError) {
    return new AppError(error.refusal.code, error.refusal.detail, { cause: error });
  }
  const known = toUploadError(error);
  if (known instanceof AppError && known.code === 'upload.too_many_files') {
    return new AppError('prediction.too_many_images', 'Send one picture; for more, create a job.');
  }
  return known;
}
