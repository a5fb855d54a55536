import { AppError } from '#contracts';

/** ENOTDIR: a segment of the key is an object. EISDIR: the key is only the folder of others. */
const ABSENT = new Set(['ENOENT', 'ENOTDIR', 'EISDIR']);
const DENIED = new Set(['EACCES', 'EPERM', 'EROFS']);
const FULL = new Set(['ENOSPC', 'EDQUOT']);

export const isAbsent = (error: unknown): boolean => ABSENT.has(codeOf(error));

/** Errors of the file system as errors of the store; all others stay as they are. */
export function toFolderError(error: unknown): unknown {
  if (error instanceof AppError || codeOf(error) === '' || !isOfFileSystem(error)) return error;
  const code = codeOf(error);
  if (DENIED.has(code)) {
    return new AppError(
      'storage.denied',
      'The folder of the object store may not be used by this user; check its owner.',
      { cause: error },
    );
  }
  const what = FULL.has(code) ? 'has no room left' : `answers ${code}`;
  return new AppError('storage.unavailable', `The folder of the object store ${what}.`, {
    retryable: true,
    cause: error,
    context: { code },
  });
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';

/** A body that breaks off has a code too (ECONNRESET), but no path or file descriptor behind it. */
const isOfFileSystem = (error: unknown): boolean =>
  error instanceof Error &&
  'syscall' in error &&
  'errno' in error &&
  !codeOf(error).startsWith('ECONN');
