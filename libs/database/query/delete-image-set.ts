import { AppError } from '#contracts';
import type { Database, Queryable } from '../database.js';
import { findImageSet, type ImageSetRecord } from './image-set.js';
import { releaseBlobs } from './release-blobs.js';
import { chargeUsage } from './tenant-usage.js';

/** Images of one step: short whatever the set's size. */
const STEP = 500;

/**
 * Input: a transaction. Output: the set is deleted: nobody finds it any more, and a sweep lets go of its images.
 * Undefined when the tenant has no such set. Errors: `set.in_use` while anything that has not ended reads it.
 */
export async function deleteImageSet(
  tx: Queryable,
  tenantId: string,
  id: string,
): Promise<ImageSetRecord | undefined> {
  // Whoever begins to use it holds its row until that is written down.
  const set = await findImageSet(tx, tenantId, id, { lock: true });
  if (set === undefined) return undefined;
  const [user] = await tx.query<{ what: string }>(
    `SELECT 'job' AS what FROM jobs
     WHERE set_id = $1 AND state IN ('queued', 'running', 'paused', 'cancelling')
     UNION ALL
     SELECT 'fine-tuning job' FROM fine_tunings
     WHERE set_id = $1 AND state IN ('queued', 'running', 'cancelling')
     UNION ALL
     SELECT 'batch' FROM batches
     WHERE set_id = $1 AND state IN ('validating', 'in_progress', 'cancelling', 'finalizing')
     UNION ALL
     SELECT 'import' FROM imports WHERE set_id = $1 AND state IN ('listing', 'fetching')
     UNION ALL
     SELECT 'upload' FROM uploads WHERE set_id = $1 AND state = 'assembling'
     LIMIT 1`,
    [id],
  );
  if (user !== undefined) {
    throw new AppError(
      'set.in_use',
      `A ${user.what} that has not ended uses the set. Wait for its end, or cancel it first.`,
    );
  }
  await tx.query(`UPDATE image_sets SET deleted_at = now() WHERE id = $1`, [id]);
  await tx.query(`INSERT INTO set_deletions (set_id, tenant_id) VALUES ($1, $2)`, [id, tenantId]);
  await tx.query(
    `UPDATE uploads SET state = 'aborted', finished_at = now(), sweep_at = now()
     WHERE set_id = $1 AND state = 'open'`,
    [id],
  );
  await chargeUsage(tx, tenantId, { images: -set.accepted, imageSets: -1 });
  return set;
}

/**
 * One step of letting go of the images of a deleted set; any number may run, and end anywhere. Where jobs were run
 * over it, names and hashes stay for their results. Output: whether there is more to do.
 */
export async function sweepDeletedSet(database: Database): Promise<boolean> {
  return database.transaction(async (tx) => {
    const [deletion] = await tx.query<Deletion>(
      `SELECT set_id, tenant_id, next_n,
              EXISTS (SELECT 1 FROM jobs WHERE jobs.set_id = set_deletions.set_id) AS has_jobs
       FROM set_deletions ORDER BY set_id LIMIT 1 FOR UPDATE OF set_deletions SKIP LOCKED`,
    );
    if (deletion === undefined) return false;
    const images = await tx.query<{ n: number; hex: string }>(
      `SELECT n, encode(sha256, 'hex') AS hex FROM images
       WHERE set_id = $1 AND n >= $2 ORDER BY n LIMIT ${STEP}`,
      [deletion.set_id, deletion.next_n],
    );
    if (images.length === 0) await finish(tx, deletion);
    else await letGo(tx, deletion, images);
    return true;
  });
}

interface Deletion extends Record<string, unknown> {
  set_id: string;
  tenant_id: string;
  next_n: number;
  has_jobs: boolean;
}

async function letGo(
  tx: Queryable,
  { set_id, tenant_id, has_jobs }: Deletion,
  images: readonly { n: number; hex: string }[],
): Promise<void> {
  const bytes = await releaseBlobs(tx, tenant_id, [...new Set(images.map(({ hex }) => hex))]);
  const next = images.at(-1)!.n + 1;
  if (!has_jobs) {
    await tx.query('DELETE FROM images WHERE set_id = $1 AND n < $2', [set_id, next]);
  }
  await tx.query('UPDATE set_deletions SET next_n = $2 WHERE set_id = $1', [set_id, next]);
  await chargeUsage(tx, tenant_id, { bytes: -bytes });
}

async function finish(tx: Queryable, { set_id }: Deletion): Promise<void> {
  const refused = await tx.query(
    `DELETE FROM refused_files WHERE id IN (
       SELECT id FROM refused_files WHERE set_id = $1 LIMIT 5000) RETURNING 1`,
    [set_id],
  );
  if (refused.length > 0) return;
  await tx.query(`UPDATE image_sets SET name = NULL, metadata = '{}' WHERE id = $1`, [set_id]);
  await tx.query('DELETE FROM set_deletions WHERE set_id = $1', [set_id]);
}
