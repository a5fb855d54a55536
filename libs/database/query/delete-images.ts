import type { Queryable } from '../database.js';
import { lockOpenSet } from './image.js';
import {
  IMAGE_SET_COLUMNS,
  toImageSetRecord,
  type ImageSetRecord,
  type ImageSetRow,
} from './image-set.js';
import { releaseBlobs } from './release-blobs.js';
import { chargeUsage } from './tenant-usage.js';

/** Images that all of these say; at least one of them is given. */
export interface ImageChoice {
  readonly name?: string;
  readonly sha256?: string;
  readonly customId?: string;
}

/** Of one call. */
const MOST = 1_000;

/**
 * Takes images out of an open set. The last ones take the numbers that become free, for images are numbered without
 * gaps; numbers are final when the set is sealed.
 *
 * Input: a transaction. Output: the set after it and how many were deleted, 1,000 at most.
 * Errors: `set.not_found`, `set.sealed`.
 */
export async function deleteImages(
  tx: Queryable,
  target: { readonly tenantId: string; readonly setId: string },
  { name, sha256, customId }: ImageChoice,
): Promise<{ set: ImageSetRecord; deleted: number }> {
  const set = await lockOpenSet(tx, target);
  const gone = await tx.query<{ n: number; hex: string; bytes: string }>(
    `WITH chosen AS (
       SELECT n FROM images WHERE set_id = $1 AND ($2::text IS NULL OR name = $2)
         AND ($3::text IS NULL OR sha256 = decode($3, 'hex')) AND ($4::text IS NULL OR custom_id = $4)
       ORDER BY n LIMIT ${MOST}
     ), gone AS (
       DELETE FROM images USING chosen WHERE set_id = $1 AND images.n = chosen.n
       RETURNING images.n, images.sha256
     )
     SELECT gone.n, encode(gone.sha256, 'hex') AS hex, blobs.bytes::text FROM gone
     JOIN blobs ON blobs.tenant_id = $5 AND blobs.sha256 = gone.sha256 ORDER BY gone.n`,
    [target.setId, name ?? null, sha256 ?? null, customId ?? null, target.tenantId],
  );
  if (gone.length === 0) return { set, deleted: 0 };
  const left = set.accepted - gone.length;
  await closeGaps(
    tx,
    target.setId,
    left,
    gone.map(({ n }) => n),
  );
  const contents = [...new Set(gone.map(({ hex }) => hex))];
  const freed = await releaseBlobs(tx, target.tenantId, contents);
  const bytes = gone.reduce((sum, image) => sum + Number(image.bytes), 0);
  const [row] = await tx.query<ImageSetRow>(
    `UPDATE image_sets SET accepted = $2, bytes = bytes - $3 WHERE id = $1 RETURNING ${IMAGE_SET_COLUMNS}`,
    [target.setId, left, bytes],
  );
  await chargeUsage(tx, target.tenantId, { bytes: -freed, images: -gone.length });
  return { set: toImageSetRecord(row!), deleted: gone.length };
}

async function closeGaps(
  tx: Queryable,
  setId: string,
  left: number,
  gone: readonly number[],
): Promise<void> {
  await tx.query(
    `WITH movers AS (
       SELECT n, row_number() OVER (ORDER BY n) AS at FROM images WHERE set_id = $1 AND n >= $2
     ), gaps AS (
       SELECT n, row_number() OVER (ORDER BY n) AS at FROM unnest($3::int[]) AS t(n) WHERE n < $2
     )
     UPDATE images SET n = gaps.n FROM movers JOIN gaps USING (at)
     WHERE images.set_id = $1 AND images.n = movers.n`,
    [setId, left, gone],
  );
}
