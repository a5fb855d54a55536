import sharp from 'sharp';
import { AppError } from '#contracts';
import { checkImageHeader } from './decode.js';

/** Of `webp`: nobody sees the difference at these sizes. */
const QUALITY = 80;
const TIMEOUT_SECONDS = 20;

/**
 * A small copy of an untrusted picture for a screen, as WebP: what the model sees, which is its first frame, upright,
 * without alpha, and no larger than `edge` pixels either way. Nothing of the file's metadata is left in it.
 * Errors: those of `decodeImage`.
 */
export async function makeThumbnail(bytes: Uint8Array, edge: number): Promise<Uint8Array> {
  await checkImageHeader(bytes);
  try {
    return await sharp(bytes, { failOn: 'error', pages: 1, autoOrient: true, ignoreIcc: true })
      .resize({ width: edge, height: edge, fit: 'inside', withoutEnlargement: true })
      .toColourspace('srgb')
      .removeAlpha()
      .webp({ quality: QUALITY })
      .timeout({ seconds: TIMEOUT_SECONDS })
      .toBuffer();
  } catch (cause) {
    throw new AppError('image.undecodable', 'The picture is damaged or cut off.', { cause });
  }
}
