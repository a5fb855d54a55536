import type { Database, Queryable } from '../database.js';
import { insertBlobs, type BroughtBlob } from './blob.js';
import { forgetAnswersAbout } from './known-answers.js';
import { chargeUsage } from './tenant-usage.js';

/** Contents whose bytes are removed in one transaction, which holds its rows for so long. */
const STEP = 100;
const AT_ONCE = 8;
/** How long a removal is remembered: longer than anything is on its way from the store to its row. */
const REMEMBERED = `interval '1 day'`;

/**
 * Lets go of contents to which no set of the tenant refers any more: their rows go, and what is known about them,
 * and their bytes follow (`removeBytes`). Input: a transaction in which the images are gone already.
 * Output: how many bytes they have, which the caller takes off the tenant's usage, last.
 */
export async function releaseBlobs(
  tx: Queryable,
  tenantId: string,
  contents: readonly string[],
): Promise<number> {
  if (contents.length === 0) return 0;
  // Locked first and looked at by a statement of its own: an upload that holds one of them has recorded its
  // image by then, and is seen.
  await tx.query(
    `SELECT 1 FROM blobs
     WHERE tenant_id = $1 AND sha256 IN (SELECT decode(hex, 'hex') FROM unnest($2::text[]) AS t(hex))
     ORDER BY blobs.sha256 FOR UPDATE`,
    [tenantId, contents],
  );
  const released = await tx.query<{ hex: string; bytes: string }>(
    `WITH gone AS (
       DELETE FROM blobs
       WHERE tenant_id = $1 AND sha256 IN (SELECT decode(hex, 'hex') FROM unnest($2::text[]) AS t(hex))
         AND NOT EXISTS (
           SELECT 1 FROM images JOIN image_sets ON image_sets.id = images.set_id
           WHERE images.sha256 = blobs.sha256 AND image_sets.tenant_id = $1
             AND image_sets.deleted_at IS NULL)
       RETURNING sha256, bytes
     ), noted AS (
       INSERT INTO removed_blobs (tenant_id, sha256) SELECT $1, sha256 FROM gone
       ON CONFLICT (tenant_id, sha256) DO UPDATE SET removed_at = clock_timestamp(), is_gone = false
     )
     SELECT encode(sha256, 'hex') AS hex, bytes::text FROM gone`,
    [tenantId, contents],
  );
  const hexes = released.map(({ hex }) => hex);
  await forgetAnswersAbout(tx, tenantId, hexes);
  return released.reduce((sum, { bytes }) => sum + Number(bytes), 0);
}

/**
 * Lets go of bytes that were brought into the store for an image that has become none: they would lie there for
 * ever. Where another image has the same content by now, nothing happens.
 */
export function abandonBlob(
  database: Database,
  tenantId: string,
  file: BroughtBlob,
): Promise<void> {
  return database.transaction(async (tx) => {
    // Two at once would both share the row first, and then each wait for the other to let go of it.
    await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended($1 || ' ' || $2, 0))`, [
      tenantId,
      file.sha256,
    ]);
    // Whoever brings the same content at this moment waits for the row, and then finds that it went.
    const brought = await insertBlobs(tx, tenantId, [{ ...file, seen: undefined }]);
    const freed = await releaseBlobs(tx, tenantId, [file.sha256]);
    // What was there already may have been a deleted set's, and was counted.
    await chargeUsage(tx, tenantId, { bytes: brought.has(file.sha256) ? 0 : -freed });
  });
}

/**
 * Removes bytes that were let go of. Any number may run: each content is one's at a time, and what one that died had
 * begun is done again. Output: whether there may be more.
 */
export async function removeBytes(
  database: Database,
  remove: (tenantId: string, sha256: string) => Promise<void>,
): Promise<boolean> {
  return database.transaction(async (tx) => {
    const rows = await tx.query<{ tenant_id: string; hex: string }>(
      `SELECT tenant_id, encode(sha256, 'hex') AS hex FROM removed_blobs WHERE NOT is_gone
       ORDER BY removed_at LIMIT ${STEP} FOR UPDATE SKIP LOCKED`,
    );
    for (let at = 0; at < rows.length; at += AT_ONCE) {
      const some = rows.slice(at, at + AT_ONCE);
      await Promise.all(some.map((row) => remove(row.tenant_id, row.hex)));
    }
    await tx.query(
      `UPDATE removed_blobs SET is_gone = true FROM unnest($1::uuid[], $2::text[]) AS t(tenant, hex)
       WHERE tenant_id = t.tenant AND sha256 = decode(t.hex, 'hex')`,
      [rows.map((row) => row.tenant_id), rows.map((row) => row.hex)],
    );
    return rows.length === STEP;
  });
}

/** Output: removals that nothing on its way can meet any more are forgotten. */
export async function forgetRemovedBlobs(db: Queryable): Promise<void> {
  await db.query(`DELETE FROM removed_blobs WHERE is_gone AND removed_at < now() - ${REMEMBERED}`);
}
