import { isArchive, isZip } from './archive/read-archive.js';
import { imageTooLarge, refusal } from './refusal.js';
import type { LimitOf } from './spool.js';

/** What a file of an upload may weigh: a picture, or an archive of them. */
export const limitOfFile =
  ({ imageBytes, zipBytes }: { imageBytes: number; zipBytes: number }): LimitOf =>
  (head) => {
    if (!isArchive(head)) return { bytes: imageBytes, refusal: imageTooLarge(imageBytes) };
    const detail = `The archive has more than ${zipBytes} bytes. Send several smaller ones, or raise MAX_ZIP_BYTES.`;
    const code = isZip(head) ? 'zip.too_large' : 'tar.too_large';
    return { bytes: zipBytes, refusal: refusal(code, detail) };
  };
