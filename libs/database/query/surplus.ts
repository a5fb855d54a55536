import type { StorageQuota } from '#contracts';
import { tooManyBytes, tooManyImages, type StoredUsage } from './tenant-usage.js';

/** By the place of a file in its chunk: why it is above the quota of its tenant. */
export type Surplus = ReadonlyMap<number, { readonly code: string; readonly detail: string }>;

/** What recording a chunk came to. */
interface Added {
  /** By place in the chunk. */
  readonly images: readonly { readonly n: number; readonly duplicate: boolean }[];
  /** Contents that the tenant did not have. */
  readonly brought: ReadonlySet<string>;
}

/**
 * Which files of a chunk are above the quota, taken in their order: one that is too large leaves its room to the next.
 *
 * Input: the files with what was recorded of them; the tenant's usage with all of them, which nobody else moves, and
 * by how much they moved it. A content is paid for by the first file that has it, a repetition costs nothing.
 */
export function findSurplus(
  files: readonly { readonly sha256: string; readonly bytes: number }[],
  { images, brought }: Added,
  charged: {
    readonly usage: StoredUsage;
    readonly change: { readonly bytes: number; readonly images: number };
    readonly quota: StorageQuota;
  },
): Surplus {
  const { usage, change, quota } = charged;
  const surplus = new Map<number, { code: string; detail: string }>();
  const hasRoom =
    (change.images === 0 || usage.images <= quota.images) &&
    (change.bytes === 0 || usage.bytes <= quota.storedBytes);
  if (hasRoom) return surplus;
  let used = usage.bytes - change.bytes;
  let imagesLeft = quota.images - (usage.images - change.images);
  const paid = new Set<string>();
  const gone = new Map<number, { code: string; detail: string }>();
  for (const [at, { n, duplicate }] of images.entries()) {
    const { sha256, bytes } = files[at]!;
    const cost = brought.has(sha256) && !paid.has(sha256) ? bytes : 0;
    let reason = duplicate ? gone.get(n) : undefined;
    if (!duplicate && imagesLeft <= 0) reason = tooManyImages(quota);
    else if (!duplicate && cost > 0 && used + cost > quota.storedBytes) {
      reason = tooManyBytes({ bytes, used }, quota);
    }
    if (reason !== undefined) {
      surplus.set(at, reason);
      gone.set(n, reason);
    } else if (!duplicate) {
      imagesLeft -= 1;
      used += cost;
      paid.add(sha256);
    }
  }
  return surplus;
}
