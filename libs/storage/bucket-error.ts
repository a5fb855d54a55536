import { S3ServiceException } from '@aws-sdk/client-s3';
import { AppError } from '#contracts';
import { toS3Error } from './s3-error.js';

const CODES: Readonly<Record<string, readonly [code: string, message: string]>> = {
  'storage.denied': ['bucket.denied', 'The bucket refuses these credentials, or this right.'],
  'storage.bucket_missing': ['bucket.missing', 'There is no such bucket there.'],
  'storage.unavailable': ['bucket.unavailable', 'The server of the bucket does not answer.'],
};

/** What S3 answers when a request for one region comes to another. */
const OF_ANOTHER_REGION = new Set([
  'PermanentRedirect',
  'AuthorizationHeaderMalformed',
  'IllegalLocationConstraintException',
]);
/** A part is not what it was, or the upload was completed or dropped by somebody. */
const UPLOAD_IS_GONE = new Set(['NoSuchUpload', 'InvalidPart']);

/** Errors of somebody else's bucket as ours; those that are none of S3 stay as they are. */
export function rethrowBucketError(error: unknown): never {
  if (error instanceof S3ServiceException) throwOwn(error);
  const known = toS3Error(error);
  if (known instanceof AppError) {
    const [code, message] = CODES[known.code] ?? [known.code, known.message];
    throw new AppError(code, message, { retryable: known.retryable, cause: error });
  }
  if (!(error instanceof S3ServiceException) || error.$fault !== 'client') throw known;
  // The name is the server's, and all that tells its owner why.
  const name = error.name.replaceAll(/[^\w.-]/g, '').slice(0, 64);
  throw new AppError('bucket.refused', `The bucket refuses the request (${name}).`, {
    cause: error,
  });
}

function throwOwn(error: S3ServiceException): void {
  if (UPLOAD_IS_GONE.has(error.name)) {
    throw new AppError('bucket.upload_gone', 'The upload is not there any more.', {
      retryable: true,
      cause: error,
    });
  }
  if (error.$metadata.httpStatusCode !== 301 && !OF_ANOTHER_REGION.has(error.name)) return;
  const region = regionOf(error);
  throw new AppError(
    'bucket.wrong_region',
    `The bucket is in another region${region === undefined ? '' : `, ${region}`}: name it as \`region\`.`,
    { cause: error },
  );
}

function regionOf(error: S3ServiceException): string | undefined {
  const headers = (error.$response as { headers?: Record<string, string> } | undefined)?.headers;
  const said =
    headers?.['x-amz-bucket-region'] ??
    /expecting '([a-z0-9-]{1,32})'/.exec(error.message)?.[1] ??
    ('Region' in error ? String(error['Region']) : undefined);
  return said !== undefined && /^[a-z0-9-]{1,32}$/.test(said) ? said : undefined;
}
