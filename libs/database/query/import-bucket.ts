import { NO_STORAGE_QUOTA } from '#contracts';
import type { Queryable } from '../database.js';
import type { ImportRecord } from './import.js';
import { addChunk, keptLineErrors, withLineErrors, type FoundRows } from './import-listing.js';
import { recordFiles } from './image.js';

/** Where an import takes its objects from. The credentials are sealed, and gone when the import has ended. */
export interface ImportBucket {
  readonly uri: string;
  readonly region: string;
  readonly endpoint: string | null;
  readonly credentials: string;
  /** Whether the URI names a manifest, whose lines name the objects. */
  readonly isManifest?: boolean;
}

/** Input: an import that lists, in the transaction that made it. */
export async function setImportBucket(
  tx: Queryable,
  importId: string,
  bucket: ImportBucket,
): Promise<void> {
  await tx.query(`UPDATE imports SET bucket = $2 WHERE id = $1`, [
    importId,
    JSON.stringify(bucket),
  ]);
}

/** Output: undefined when the import has ended. */
export async function findImportBucket(
  db: Queryable,
  importId: string,
): Promise<ImportBucket | undefined> {
  const [row] = await db.query<{ bucket: ImportBucket | null }>(
    `SELECT bucket FROM imports WHERE id = $1`,
    [importId],
  );
  return row?.bucket ?? undefined;
}

export interface HeldListing extends Pick<ImportRecord, 'id' | 'tenantId' | 'setId'> {
  readonly fence: number;
  readonly bucket: ImportBucket;
  /** Key of the last object that was seen; of a manifest, how far it was read. */
  readonly cursor: string | null;
}

/** Output: a bucket whose objects are to be listed, held for `leaseMs`; undefined when there is none. */
export async function claimListing(
  db: Queryable,
  leaseMs: number,
): Promise<HeldListing | undefined> {
  const [row] = await db.query<HeldListing & Record<string, unknown>>(
    `UPDATE imports SET list_fence = list_fence + 1, list_due_at = now() + $1 * interval '1 millisecond'
     WHERE id = (SELECT id FROM imports WHERE state = 'listing' AND source = 'bucket' AND list_due_at <= now()
                 ORDER BY list_due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
     RETURNING id, tenant_id AS "tenantId", set_id AS "setId", list_fence AS fence, bucket, list_cursor AS cursor`,
    [leaseMs],
  );
  return row;
}

/** What was found, and where the listing goes on. */
export interface ListedPage {
  readonly chunks: readonly FoundRows[];
  readonly cursor: string | null;
  /** Nothing comes after it. */
  readonly isLast: boolean;
}

/**
 * Adds what a page of a listing has found, and gives the listing back, due at once.
 *
 * Input: a transaction; how many images a set may hold. Output: false when somebody else holds it by now, or the import
 * has ended; then nothing is added. Errors: those of `recordFiles` when there are refusals.
 */
export async function recordListedPage(
  tx: Queryable,
  held: HeldListing,
  { chunks, cursor, isLast }: ListedPage,
  imagesPerSet: number,
): Promise<boolean> {
  const refused = chunks.flatMap((chunk) => chunk.refused);
  const kept = chunks.filter(({ rows }) => rows.length > 0);
  if (!(await holdsListing(tx, held))) return false;
  // The set before the import, as everybody locks them. Refusals alone: nothing that a quota bounds.
  if (refused.length > 0) {
    const target = { ...held, imagesPerSet, quota: NO_STORAGE_QUOTA };
    await recordFiles(tx, target, { accepted: [], refused });
  }
  const found = kept.reduce((sum, { rows }) => sum + rows.length, refused.length);
  const [row] = await tx.query<{ chunks: number }>(
    `UPDATE imports SET found = found + $3, refused = refused + $7, chunks = chunks + $4, list_cursor = $5,
       line_errors = ${withLineErrors('$8')}, list_failures = 0, list_due_at = now(), seen_at = now(),
       state = CASE WHEN NOT $6 THEN state
                    WHEN accepted + duplicate + refused + $7 >= found + $3 THEN 'completed' ELSE 'fetching' END,
       finished_at = CASE WHEN $6 AND accepted + duplicate + refused + $7 >= found + $3 THEN now() END
     WHERE id = $1 AND list_fence = $2 AND state = 'listing' RETURNING chunks`,
    [
      held.id,
      held.fence,
      found,
      kept.length,
      cursor,
      isLast,
      refused.length,
      keptLineErrors(chunks.flatMap(({ lineErrors }) => lineErrors)),
    ],
  );
  // The refusals that are recorded must go with it.
  if (row === undefined) throw new Error('a listing was taken over while it was recorded');
  const target = { importId: held.id, tenantId: held.tenantId };
  for (const [at, { rows }] of kept.entries()) await addChunk(tx, target, row.chunks - at, rows);
  return true;
}

async function holdsListing(tx: Queryable, { id, fence }: HeldListing): Promise<boolean> {
  const rows = await tx.query(
    `SELECT 1 FROM imports WHERE id = $1 AND list_fence = $2 AND state = 'listing'`,
    [id, fence],
  );
  return rows.length > 0;
}

/** Input: a listing that could not be read now. Output: due again after a pause; how often it has failed in a row. */
export async function postponeListing(
  db: Queryable,
  held: HeldListing,
  { afterMs, isFailure }: { afterMs: number; isFailure: boolean },
): Promise<number> {
  const [row] = await db.query<{ failures: number }>(
    `UPDATE imports SET list_due_at = now() + $3 * power(2, list_failures) * interval '1 millisecond', list_failures = list_failures + $4
     WHERE id = $1 AND list_fence = $2 AND state = 'listing' RETURNING list_failures AS failures`,
    [held.id, held.fence, afterMs, isFailure ? 1 : 0],
  );
  return row?.failures ?? 0;
}
