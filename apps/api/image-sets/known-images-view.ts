import type { KnownImages } from '#contracts';
import type { NamedContent, RecordedKnown } from '#database';
import { viewImageSet } from './image-set-view.js';

type Status = KnownImages['images'][number]['status'];

export function viewKnownImages(asked: readonly NamedContent[], found: RecordedKnown): KnownImages {
  const counts: Record<Status, number> = { accepted: 0, duplicate: 0, unknown: 0, refused: 0 };
  const images = asked.map(({ name, sha256 }, at) => {
    const { status, n = null, error = null } = judge(found.images[at]);
    counts[status] += 1;
    return { name, sha256, status, n, error };
  });
  return { object: 'known_images', image_set: viewImageSet(found.set), counts, images };
}

function judge(row: RecordedKnown['images'][number]): {
  readonly status: Status;
  readonly n?: number;
  readonly error?: { code: string; detail: string };
} {
  if (row === undefined) return { status: 'unknown' };
  if ('refused' in row) return { status: 'refused', error: row.refused };
  return { status: row.duplicate ? 'duplicate' : 'accepted', n: row.n };
}
