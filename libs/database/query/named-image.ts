import type { Queryable } from '../database.js';

/**
 * Input: a set and names of files. Output: the contents that each name has in the set, lower-case hex, each once however
 * many images have both; no entry for a name it has not. Asked in two halves, as the indexes are.
 */
export async function findImagesByName(
  db: Queryable,
  setId: string,
  names: readonly string[],
): Promise<Map<string, readonly string[]>> {
  const rows = await db.query<{ name: string; contents: string[] }>(
    `SELECT name, array_agg(encode(sha256, 'hex')) AS contents
     FROM (
       SELECT name, sha256 FROM images
       WHERE set_id = $1 AND name = ANY ($2::text[]) AND custom_id IS NULL
       UNION
       SELECT name, sha256 FROM images
       WHERE set_id = $1 AND name = ANY ($2::text[]) AND custom_id IS NOT NULL
     ) AS named GROUP BY name`,
    [setId, names],
  );
  return new Map(rows.map((row) => [row.name, row.contents]));
}
