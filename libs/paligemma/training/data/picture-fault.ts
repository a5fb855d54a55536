import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { sniffImageFormat } from '#contracts';

/** Why a file is no picture that can be learned from, if it is none: by its header, without decoding it. */
export async function findPictureFault(path: string): Promise<string | undefined> {
  try {
    const bytes = await readFile(path);
    const sniffed = sniffImageFormat(bytes);
    if ('refused' in sniffed) return `${path}: ${sniffed.message}`;
    await sharp(bytes).metadata();
    return undefined;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return `there is no picture ${path}`;
    return `${path} cannot be read: ${message}`;
  }
}
