import { pipeline } from 'node:stream/promises';
import { PassThrough, Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import { AppError, PART_URL_SECONDS, notFound, uploadPartKey } from '#contracts';
import { announceParts, type UploadRecord } from '#database';
import type { ApiParts } from '../parts.js';
import { comparedBody } from './compared-body.js';
import { bytesOfPart } from './part-layout.js';
import { isSigned } from './part-signature.js';
import { notOpen, requireOpen, requireUpload } from './require-upload.js';

const MD5 = /^[A-Za-z0-9+/]{22}==$/;
const NUMBER = /^\d{1,5}$/;

export interface PartRequest {
  /** Of the key that came with it; undefined where a signature came instead. */
  readonly tenantId: string | undefined;
  readonly id: string;
  readonly query: Readonly<Record<string, unknown>>;
  readonly request: FastifyRequest;
}

/**
 * Takes one part into the store, as a bucket would by a presigned URL: compared with its length and its MD5,
 * whole or not at all, as often as it is sent.
 * Errors: `upload.*`; those of the store.
 */
export async function receivePart(parts: ApiParts, call: PartRequest): Promise<void> {
  const { request } = call;
  const upload = await requireUpload(parts.database, call.tenantId, call.id);
  const n = readNumber(call.query['n']);
  const md5 = String(request.headers['content-md5'] ?? '');
  if (call.tenantId === undefined) requireSignature(call, upload, n, md5);
  requireOpen(upload);
  const bytes = bytesOfPart(upload, n);
  if (!MD5.test(md5)) {
    throw new AppError('upload.no_checksum', 'Send the MD5 of the part, base64, as Content-MD5.');
  }
  if (!(request.body instanceof Readable)) {
    throw new AppError(
      'request.unsupported_media_type',
      'Send a part as application/octet-stream.',
    );
  }
  if (call.tenantId !== undefined) await announce(parts, upload, { n, md5 });
  await store(parts, uploadPartKey(upload.tenantId, upload.id, n), request.body, { bytes, md5 });
}

function readNumber(text: unknown): number {
  if (typeof text === 'string' && NUMBER.test(text)) return Number(text);
  throw new AppError('upload.no_such_part', 'Say which part it is: ?n=0 for the first.');
}

/** Whoever has no right to it learns nothing of it. */
function requireSignature(call: PartRequest, upload: UploadRecord, n: number, md5: string): void {
  const expires = Number(call.query['expires']);
  const signed = { uploadId: upload.id, n, md5, expires };
  if (!isSigned(upload.secret, signed, String(call.query['signature']), new Date())) {
    throw notFound('upload', call.id);
  }
}

async function announce(
  parts: ApiParts,
  upload: UploadRecord,
  part: { n: number; md5: string },
): Promise<void> {
  const times = { lifetimeMs: parts.config.uploadLifetimeMs, urlMs: PART_URL_SECONDS * 1_000 };
  if (!(await announceParts(parts.database, upload.id, [part], times))) throw notOpen(upload);
}

async function store(
  { store: objects }: ApiParts,
  key: string,
  body: Readable,
  { bytes, md5 }: { bytes: number; md5: string },
): Promise<void> {
  const compared = new PassThrough();
  const reading = pipeline(body, comparedBody(bytes, md5), compared);
  // Its error comes out of the store, which reads the other end.
  reading.catch(() => undefined);
  try {
    await objects.put(key, compared, { bytes });
  } catch (error) {
    compared.destroy();
    throw toPartError(error);
  }
}

function toPartError(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : '';
  if (code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE') {
    return new AppError('upload.aborted', 'The upload ended before all of it had come.', {
      cause: error,
    });
  }
  return error;
}
