import { readFile } from 'node:fs/promises';
import { AppError } from '#contracts';
import { checkImageHeader } from '../../image/decode.js';

/** Why a file is no picture that can be learned from, if it is none: by its header, without decoding it. Never rejects. */
export async function findPictureFault(path: string): Promise<string | undefined> {
  try {
    await checkImageHeader(await readFile(path));
    return undefined;
  } catch (error) {
    return `${path}: ${reasonOf(error)}`;
  }
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'there is no such picture';
  if (!(error instanceof AppError)) return `it cannot be read: ${message}`;
  if (code !== 'image.too_many_pixels') return message;
  // The engine's own words name an option that a training has not.
  const { width, height, limit } = error.context;
  return `the picture has ${width} x ${height} pixels, and at most ${limit} in all can be read: shrink it`;
}
