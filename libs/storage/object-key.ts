import { AppError } from '#contracts';

const SEGMENT = /^[A-Za-z0-9_=@+-][A-Za-z0-9._=@+-]*$/;
/** S3 allows 1,024 bytes, and the operator's prefix comes before it. */
const MAX_LENGTH = 512;

/**
 * Errors: `storage.key_invalid`. No `..`, no absolute path, no NUL and no hidden file can be a key, so
 * nothing leaves the root of a folder store whatever becomes of the callers.
 */
export function requireKey(key: string): string {
  if (key.length > MAX_LENGTH || !key.split('/').every((segment) => SEGMENT.test(segment))) {
    throw invalid(key);
  }
  return key;
}

/** The beginning of a key: its last segment may be incomplete or empty. */
export function requireKeyPrefix(prefix: string): string {
  const folder = prefix.slice(0, Math.max(0, prefix.lastIndexOf('/')));
  const rest = prefix.slice(prefix.lastIndexOf('/') + 1);
  if (folder !== '' || prefix.startsWith('/')) requireKey(folder);
  if (rest !== '') requireKey(rest);
  return prefix;
}

const invalid = (key: string): AppError =>
  new AppError('storage.key_invalid', `${JSON.stringify(key.slice(0, 80))} cannot be a key.`);
