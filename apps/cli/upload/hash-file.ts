import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { AppError } from '#contracts';

/** SHA-256 of a file, lower-case hex. Errors: `cli.unreadable_file`; whatever `signal` was aborted with. */
export async function hashFile(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash, { signal });
  } catch (cause) {
    signal?.throwIfAborted();
    throw new AppError('cli.unreadable_file', `${path} cannot be read.`, { cause });
  }
  return hash.digest('hex');
}
