import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { sniffImageFormat } from '#contracts';

/** Why a file is no picture that can be learned from, if it is none: by its header, without decoding it. */
export async function findPictureFault(path: string): Promise<string | undefined> {
  try {
    const bytes = await readFile(path);
    if (sniffImageFormat(bytes) === undefined) return `${path} is no picture of a known format`;
    await sharp(bytes).metadata();
    return undefined;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return `there is no picture ${path}`;
    return `${path} cannot be read: ${message}`;
  }
}
