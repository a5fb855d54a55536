import { publicId, type Upload } from '#contracts';
import type { UploadRecord } from '#database';
import { partCount } from './part-layout.js';

export function viewUpload(upload: UploadRecord): Upload {
  return {
    object: 'upload',
    id: publicId('upload', upload.id),
    image_set: publicId('set', upload.setId),
    name: upload.name,
    bytes: upload.bytes,
    sha256: upload.sha256,
    part_bytes: upload.partBytes,
    part_count: partCount(upload),
    state: upload.state,
    counts: upload.counts,
    error: upload.error,
    created_at: upload.createdAt.toISOString(),
    expires_at: upload.expiresAt.toISOString(),
    finished_at: upload.finishedAt?.toISOString() ?? null,
  };
}
