import { S3ServiceException } from '@aws-sdk/client-s3';
import { AppError } from '#contracts';

const PASSING_STATUS = new Set([408, 425, 429, 500, 502, 503, 504]);
const PASSING_CODE =
  /^(ECONN\w+|EPIPE|ETIMEDOUT|EAI_AGAIN|ENOTFOUND|EHOSTUNREACH|ENETUNREACH|ERR_STREAM_PREMATURE_CLOSE)$/;
const PASSING_NAME = new Set(['TimeoutError', 'AbortError', 'RequestTimeout', 'SlowDown']);

const statusOf = (error: unknown): number | undefined =>
  error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;

/** No such object. A bucket that is missing is a fault of the configuration and no absence. */
export const isMissing = (error: unknown): boolean =>
  statusOf(error) === 404 && error instanceof Error && error.name !== 'NoSuchBucket';

export const isRangeInvalid = (error: unknown): boolean => statusOf(error) === 416;

/** Errors of the S3 API or the way to it as errors of the store; all others stay as they are. */
export function toS3Error(error: unknown): unknown {
  if (error instanceof AppError || !(error instanceof Error)) return error;
  const status = statusOf(error);
  if (status === 404) {
    return new AppError(
      'storage.bucket_missing',
      'The bucket of the object store does not exist; create it or correct STORAGE_URL.',
      { cause: error },
    );
  }
  if (status === 401 || status === 403 || error.name === 'CredentialsProviderError') {
    return new AppError(
      'storage.denied',
      `The object store refuses our credentials or rights (${error.name}).`,
      { cause: error },
    );
  }
  const code = 'code' in error ? String(error.code) : '';
  const isPassing =
    PASSING_NAME.has(error.name) ||
    PASSING_CODE.test(code) ||
    (status !== undefined && PASSING_STATUS.has(status));
  if (!isPassing) return error;
  return new AppError(
    'storage.unavailable',
    'The object store does not answer; try again shortly.',
    {
      retryable: true,
      cause: error,
      context: { status, name: error.name },
    },
  );
}
