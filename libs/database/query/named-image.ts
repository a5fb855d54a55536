import type { Queryable } from '../database.js';

/** Input: a set and names of files. Output: the contents that each name has in the set, lower-case hex; no entry for a name it has not. */
export async function findImagesByName(
  db: Queryable,
  setId: string,
  names: readonly string[],
): Promise<Map<string, readonly string[]>> {
  const rows = await db.query<{ name: string; contents: string[] }>(
    `SELECT name, array_agg(encode(sha256, 'hex') ORDER BY n) AS contents FROM images
     WHERE set_id = $1 AND name = ANY ($2::text[]) GROUP BY name`,
    [setId, names],
  );
  return new Map(rows.map((row) => [row.name, row.contents]));
}
