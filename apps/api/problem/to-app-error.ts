import { HttpException } from '@nestjs/common';
import { AppError } from '#contracts';

/** Errors of Fastify, its multipart plugin and Nest, in our words. What is in no row is a 500. */
const TRANSLATIONS: Readonly<Record<string, readonly [code: string, message: string]>> = {
  FST_ERR_CTP_EMPTY_JSON_BODY: ['request.malformed', 'The body is empty but says it is JSON.'],
  FST_ERR_CTP_INVALID_JSON_BODY: ['request.malformed', 'The body is not valid JSON.'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: [
    'request.malformed',
    'The body is not as long as Content-Length says.',
  ],
  FST_ERR_CTP_BODY_TOO_LARGE: ['request.too_large', 'A JSON body may have 1 MiB.'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [
    'request.unsupported_media_type',
    'This route does not take that Content-Type.',
  ],
  FST_INVALID_MULTIPART_CONTENT_TYPE: [
    'request.unsupported_media_type',
    'Send files as multipart/form-data.',
  ],
  FST_FILES_LIMIT: ['upload.too_many_files', 'Too many files in one request; send several.'],
  FST_PARTS_LIMIT: ['upload.too_many_files', 'Too many parts in one request; send several.'],
  FST_FIELDS_LIMIT: ['upload.too_many_files', 'Too many form fields in one request.'],
  FST_PROTO_VIOLATION: ['upload.malformed', 'That form field name is not allowed.'],
  FST_INVALID_JSON_FIELD_ERROR: ['upload.malformed', 'A form field is not the JSON it says it is.'],
  FST_MP_PREMATURE_CLOSE: ['upload.aborted', 'The upload ended before all of it had come.'],
  FST_ERR_BAD_URL: ['request.malformed', 'The path is not validly encoded.'],
};

/** Busboy throws plain errors for a body that is no multipart; nothing else tells them apart. */
const MALFORMED_MULTIPART = /multipart data|Boundary not found|Part terminated early|header/i;

/** Postgres: a byte that no text may hold, an escape that no text can be made of. Fields of forms come so far. */
const UNSTORABLE = new Set(['22021', '22P05']);
const isHalfSurrogate = (error: Error): boolean =>
  'code' in error &&
  error.code === '22P02' &&
  /surrogate/.test(String('detail' in error && error.detail));

export function toAppError(error: unknown): AppError | undefined {
  if (error instanceof AppError) return error;
  if (!(error instanceof Error)) return undefined;
  const code = 'code' in error ? String(error.code) : '';
  if (UNSTORABLE.has(code) || isHalfSurrogate(error)) {
    return new AppError('request.invalid', 'A text holds NUL or half a surrogate pair.', {
      cause: error,
    });
  }
  const translation = TRANSLATIONS[code];
  if (translation !== undefined) return new AppError(...translation, { cause: error });
  if (error instanceof HttpException) return fromHttp(error.getStatus());
  if (error instanceof SyntaxError) {
    return new AppError('request.malformed', 'The body is not valid JSON.', { cause: error });
  }
  return undefined;
}

/** Only for errors that came out of reading a multipart body. */
export function toUploadError(error: unknown): unknown {
  const known = toAppError(error);
  if (known !== undefined) return known;
  if (error instanceof Error && MALFORMED_MULTIPART.test(error.message)) {
    return new AppError('upload.malformed', 'The body is not valid multipart/form-data.', {
      cause: error,
    });
  }
  return error;
}

/** Nest wraps some of Fastify's errors in its own. */
function fromHttp(status: number): AppError | undefined {
  const [code, message] = HTTP[status] ?? [];
  if (code !== undefined && message !== undefined) return new AppError(code, message);
  const isTheirs = status >= 400 && status < 500;
  return isTheirs ? new AppError('request.malformed', 'The request is not valid.') : undefined;
}

const HTTP: Readonly<Record<number, readonly [code: string, message: string]>> = {
  404: ['route.not_found', 'There is no such route; see /openapi.json.'],
  413: ['request.too_large', 'A JSON body may have 1 MiB.'],
  415: ['request.unsupported_media_type', 'This route does not take that Content-Type.'],
};
