import { publicId, type TrainingFile } from '#contracts';
import type { TrainingFileRecord } from '#database';

export const viewFile = (file: TrainingFileRecord): TrainingFile => ({
  object: 'file',
  id: publicId('file', file.id),
  filename: file.name,
  purpose: 'fine-tune',
  bytes: file.bytes,
  sha256: file.sha256,
  created_at: file.createdAt.toISOString(),
});
