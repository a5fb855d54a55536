import { publicId, type ImageSet, type RefusedFile } from '#contracts';
import type { ImageSetRecord, RefusedFileRecord } from '#database';

export function viewImageSet(set: ImageSetRecord): ImageSet {
  return {
    object: 'image_set',
    id: publicId('set', set.id),
    name: set.name,
    state: set.state,
    image_counts: { accepted: set.accepted, refused: set.refused },
    bytes: set.bytes,
    metadata: { ...set.metadata },
    created_at: set.createdAt.toISOString(),
    sealed_at: set.sealedAt?.toISOString() ?? null,
  };
}

export function viewRefusedFile(file: RefusedFileRecord): RefusedFile {
  return {
    object: 'refused_file',
    name: file.name,
    error: { code: file.code, detail: file.detail },
    created_at: file.createdAt.toISOString(),
  };
}
