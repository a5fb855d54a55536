import {
  PART_URL_SECONDS,
  publicId,
  uploadPartKey,
  type PartUrls,
  type PartUrlsRequest,
} from '#contracts';
import type { AnnouncedPart, UploadRecord } from '#database';
import type { ApiParts } from '../parts.js';
import { bytesOfPart } from './part-layout.js';
import { signPart } from './part-signature.js';

export const PART_CONTENT_TYPE = 'application/octet-stream';

type PartUrl = PartUrls['data'][number];

/** Whereto parts are sent: straight into the bucket where it takes them, else to this API. */
export async function partUrls(
  { store }: ApiParts,
  upload: UploadRecord,
  { parts, direct }: PartUrlsRequest,
): Promise<PartUrls> {
  const expires = Math.floor(Date.now() / 1_000) + PART_URL_SECONDS;
  const data = await Promise.all(
    parts.map(async (part) => {
      const bytes = bytesOfPart(upload, part.n);
      const key = uploadPartKey(upload.tenantId, upload.id, part.n);
      const options = { bytes, md5: part.md5, validSeconds: PART_URL_SECONDS };
      const presigned = direct ? await store.presignPut(key, options) : undefined;
      const target = presigned ?? ownUrl(upload, part, expires);
      return { n: part.n, bytes, method: 'PUT' as const, ...target };
    }),
  );
  return { object: 'part_urls', expires_at: new Date(expires * 1_000).toISOString(), data };
}

function ownUrl(
  upload: UploadRecord,
  { n, md5 }: AnnouncedPart,
  expires: number,
): Pick<PartUrl, 'url' | 'headers'> {
  const signature = signPart(upload.secret, { uploadId: upload.id, n, md5, expires });
  const query = new URLSearchParams({ n: String(n), expires: String(expires), signature });
  return {
    url: `/v1/uploads/${publicId('upload', upload.id)}/part?${query}`,
    headers: { 'content-md5': md5, 'content-type': PART_CONTENT_TYPE },
  };
}
