import { AppError, type StorageQuota } from '#contracts';
import type { Queryable } from '../database.js';

/** What a tenant keeps, or how much more or less of it. */
export interface StoredUsage {
  readonly bytes: number;
  readonly images: number;
  readonly imageSets: number;
}

interface UsageRow extends Record<string, unknown> {
  bytes: string;
  images: string;
  image_sets: string;
}

const COLUMNS = 'bytes::text, images::text, image_sets::text';

const toUsage = (row: UsageRow | undefined): StoredUsage => ({
  bytes: Number(row?.bytes ?? 0),
  images: Number(row?.images ?? 0),
  imageSets: Number(row?.image_sets ?? 0),
});

/**
 * Moves the tenant's usage by what this transaction has changed. Every client of the tenant moves the same row, so
 * this comes last: after it a transaction takes no lock that another one may hold while it waits for this row
 * (a set, a content, an image).
 *
 * Input: an open transaction. Output: the usage after it, which nobody else moves until the transaction ends.
 */
export async function chargeUsage(
  tx: Queryable,
  tenantId: string,
  { bytes = 0, images = 0, imageSets = 0 }: Partial<StoredUsage>,
): Promise<StoredUsage> {
  if (bytes === 0 && images === 0 && imageSets === 0) return readUsage(tx, tenantId);
  const [row] = await tx.query<UsageRow>(
    `UPDATE tenant_usage SET bytes = bytes + $2, images = images + $3, image_sets = image_sets + $4
     WHERE tenant_id = $1 RETURNING ${COLUMNS}`,
    [tenantId, bytes, images, imageSets],
  );
  return toUsage(row);
}

/** Output: what the tenant keeps. */
export async function readUsage(db: Queryable, tenantId: string): Promise<StoredUsage> {
  const [row] = await db.query<UsageRow>(
    `SELECT ${COLUMNS} FROM tenant_usage WHERE tenant_id = $1`,
    [tenantId],
  );
  return toUsage(row);
}

/** Output: what of the tenant has not ended: jobs, and their images that are not done. */
export async function readOpenWork(
  db: Queryable,
  tenantId: string,
): Promise<{ jobs: number; items: number }> {
  const [open] = await db.query<{ jobs: number; items: number }>(
    `SELECT count(*)::int AS jobs, coalesce(sum(item_count - succeeded - failed - cancelled), 0)::float8 AS items
     FROM jobs WHERE tenant_id = $1 AND state IN ('queued', 'running', 'paused', 'cancelling')`,
    [tenantId],
  );
  return open!;
}

/**
 * Counts a new image set, last in its transaction. Errors: `quota.image_sets`, which rolls the set back.
 */
export async function chargeImageSet(
  tx: Queryable,
  tenantId: string,
  quota: StorageQuota,
): Promise<void> {
  const { imageSets } = await chargeUsage(tx, tenantId, { imageSets: 1 });
  if (imageSets <= quota.imageSets) return;
  throw new AppError(
    'quota.image_sets',
    `A tenant may have ${quota.imageSets} image sets, and has them. Delete one that is not needed; MAX_IMAGE_SETS sets the limit.`,
    { context: { limit: quota.imageSets } },
  );
}

/** Errors: `quota.stored_bytes` when so many bytes more are too many, as far as one can tell by now. */
export async function requireRoomForBytes(
  db: Queryable,
  tenantId: string,
  bytes: number,
  quota: StorageQuota,
): Promise<void> {
  const { bytes: used } = await readUsage(db, tenantId);
  requireBytesWithin({ used, bytes }, quota);
}

/** The same of a usage that is known. */
export function requireBytesWithin(
  amounts: { readonly used: number; readonly bytes: number },
  quota: StorageQuota,
): void {
  if (amounts.used + amounts.bytes <= quota.storedBytes) return;
  const { code, detail } = tooManyBytes(amounts, quota);
  throw new AppError(code, detail, { context: { ...amounts, limit: quota.storedBytes } });
}

/** Input: what a file weighs, and what the tenant keeps without it. Output: why it is refused. */
export const tooManyBytes = (
  { bytes, used }: { bytes: number; used: number },
  { storedBytes }: StorageQuota,
): { readonly code: string; readonly detail: string } => ({
  code: 'quota.stored_bytes',
  detail: `A tenant may store ${storedBytes} bytes; ${used} are stored, and this would add ${bytes}. Delete image sets or files that are not needed, then send it again; MAX_STORED_BYTES sets the limit.`,
});

export const tooManyImages = ({
  images,
}: StorageQuota): { readonly code: string; readonly detail: string } => ({
  code: 'quota.images',
  detail: `A tenant may have ${images} images in all its sets, and has them. Delete image sets that are not needed, then send it again; MAX_STORED_IMAGES sets the limit.`,
});
