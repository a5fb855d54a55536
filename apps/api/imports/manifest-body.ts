import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { AppError } from '#contracts';
import type { ManifestFormat } from '#intake';

const FORMATS: Readonly<Record<string, ManifestFormat>> = {
  'application/jsonl': 'jsonl',
  'application/x-jsonlines': 'jsonl',
  'application/x-ndjson': 'jsonl',
  'text/csv': 'csv',
};

export const MANIFEST_TYPES = Object.keys(FORMATS);

/** Bodies of these types are handed on as streams, whatever their length. */
export function streamManifests(instance: FastifyInstance): void {
  instance.addContentTypeParser(MANIFEST_TYPES, (_request, payload, done) => done(null, payload));
}

/** Errors: `request.unsupported_media_type`. */
export function manifestBody(request: FastifyRequest): { body: Readable; format: ManifestFormat } {
  const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? '';
  const format = FORMATS[type];
  if (format !== undefined && request.body instanceof Readable) {
    return { body: request.body, format };
  }
  throw new AppError(
    'request.unsupported_media_type',
    `Send a manifest as one of ${MANIFEST_TYPES.join(', ')}.`,
  );
}
