import type { Queryable } from '../database.js';
import { holdBlobs } from './blob.js';
import {
  lockOpenSet,
  recordFiles,
  type AcceptedFile,
  type RecordedFile,
  type RecordTarget,
} from './image.js';
import type { ImageSetRecord } from './image-set.js';

/** What a client says of an image without sending it. */
export type NamedContent = Omit<AcceptedFile, 'bytes' | 'format' | 'seen'>;

export interface RecordedKnown {
  readonly set: ImageSetRecord;
  /** One per image, in their order; undefined where the tenant has no such bytes. */
  readonly images: readonly (RecordedFile | undefined)[];
}

/**
 * Locks the set, and those contents that the tenant has. Output: these images as a set takes them, and their places
 * among all. Errors: `set.not_found`, `set.sealed`.
 */
export async function findKnown(
  tx: Queryable,
  target: RecordTarget,
  images: readonly NamedContent[],
): Promise<{ at: number; file: AcceptedFile }[]> {
  // The set first, then contents: the order of every other statement that takes both.
  await lockOpenSet(tx, target);
  const contents = images.map(({ sha256 }) => sha256);
  const blobs = await holdBlobs(tx, target.tenantId, contents);
  return images.flatMap((image, at) => {
    const blob = blobs.get(image.sha256);
    return blob === undefined ? [] : [{ at, file: { ...image, ...blob } }];
  });
}

/**
 * Adds the images whose bytes the tenant has sent before, into whatever set, without their bytes.
 *
 * Input: a transaction; an open set of the tenant; how many images a set may hold.
 * Output: the set after it, and what became of every image that is known.
 * Errors: those of `recordFiles`.
 */
export async function recordKnown(
  tx: Queryable,
  target: RecordTarget,
  images: readonly NamedContent[],
): Promise<RecordedKnown> {
  const known = await findKnown(tx, target, images);
  const accepted = known.map(({ file }) => file);
  const recorded = await recordFiles(tx, target, { accepted, refused: [] });
  const numbered = new Map(known.map(({ at }, index) => [at, recorded.accepted[index]]));
  return { set: recorded.set, images: images.map((_, at) => numbered.get(at)) };
}
