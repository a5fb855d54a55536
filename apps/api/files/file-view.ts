import { publicId, type StoredFile } from '#contracts';
import type { FileRecord } from '#database';

export const viewFile = (file: FileRecord): StoredFile => ({
  object: 'file',
  id: publicId('file', file.id),
  filename: file.name,
  purpose: file.purpose,
  bytes: file.bytes,
  sha256: file.sha256,
  status: 'processed',
  created_at: Math.floor(file.createdAt.getTime() / 1_000),
});
