import type { KnownImages } from '#contracts';
import type { NamedContent, RecordedKnown } from '#database';
import { viewImageSet } from './image-set-view.js';

type Status = KnownImages['images'][number]['status'];

export function viewKnownImages(asked: readonly NamedContent[], found: RecordedKnown): KnownImages {
  const counts: Record<Status, number> = { accepted: 0, duplicate: 0, unknown: 0 };
  const images = asked.map(({ name, sha256 }, at) => {
    const recorded = found.images[at];
    const status = statusOf(recorded);
    counts[status] += 1;
    return { name, sha256, status, n: recorded?.n ?? null };
  });
  return { object: 'known_images', image_set: viewImageSet(found.set), counts, images };
}

function statusOf(recorded: RecordedKnown['images'][number]): Status {
  if (recorded === undefined) return 'unknown';
  return recorded.duplicate ? 'duplicate' : 'accepted';
}
