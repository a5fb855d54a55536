import type { Queryable } from '../database.js';

/** Input: an image by its set and number. Output: SHA-256 of its bytes, lower-case hex; undefined where the tenant has no such image. */
export async function findImageContent(
  db: Queryable,
  tenantId: string,
  setId: string,
  n: number,
): Promise<string | undefined> {
  const [row] = await db.query<{ sha256: string }>(
    `SELECT encode(images.sha256, 'hex') AS sha256
     FROM images JOIN image_sets ON image_sets.id = images.set_id
     WHERE images.set_id = $2 AND images.n = $3 AND image_sets.tenant_id = $1`,
    [tenantId, setId, n],
  );
  return row?.sha256;
}
