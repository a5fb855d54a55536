import type { MultipartFile } from '@fastify/multipart';
import type { FastifyRequest } from 'fastify';
import { AppError } from '#contracts';
import { toUploadError } from '../problem/to-app-error.js';

const FIELD_BYTES = 65_536;
const MAX_FIELDS = 32;

export type FormPart =
  | {
      readonly kind: 'file';
      readonly name: string | undefined;
      readonly source: MultipartFile['file'];
    }
  | { readonly kind: 'field'; readonly name: string; readonly value: unknown };

/**
 * The parts of a multipart body as they come; a file must be read to its end before the next one.
 * Errors: `request.unsupported_media_type`, `upload.malformed`, `upload.too_many_files`, `upload.aborted`.
 */
export async function* readForm(
  request: FastifyRequest,
  limits: { readonly files: number },
): AsyncGenerator<FormPart> {
  if (!request.isMultipart()) {
    throw new AppError('request.unsupported_media_type', 'Send files as multipart/form-data.');
  }
  const parts = request.parts({
    preservePath: true,
    limits: {
      // Files are weighed while they are read, each against the limit of its kind.
      fileSize: Number.MAX_SAFE_INTEGER,
      files: limits.files,
      fields: MAX_FIELDS,
      fieldSize: FIELD_BYTES,
      parts: limits.files + MAX_FIELDS,
      headerPairs: 100,
    },
  });
  try {
    for await (const part of parts) {
      // The plugin keeps every part it has seen, which grows with the upload.
      delete part.fields[part.fieldname];
      if (part.type === 'file') yield { kind: 'file', name: part.filename, source: part.file };
      else yield { kind: 'field', name: part.fieldname, value: part.value };
    }
  } catch (error) {
    throw toUploadError(error);
  }
}
