import { AppError, NO_STORAGE_QUOTA, type LineError, type Task } from '#contracts';
import type { Queryable } from '../database.js';
import { recordFiles, type RecordTarget, type RefusedFile } from './image.js';

/** One image that an import still has to bring. Exactly one of `url`, `key` and `sha256` is there. */
export interface ImportRow {
  /** Of the manifest, from 1. */
  readonly line?: number;
  readonly url?: string;
  /** Of an object in the bucket of the import. */
  readonly key?: string;
  readonly sha256?: string;
  readonly name: string;
  readonly customId?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly tasks?: readonly Task[];
}

export interface FoundRows {
  readonly rows: readonly ImportRow[];
  /** Lines that could not be used, as the set is told of them. */
  readonly refused: readonly RefusedFile[];
  readonly lineErrors: readonly LineError[];
}

const KEPT_LINE_ERRORS = 100;

/** Input: the parameter of `keptLineErrors`. Output: the line errors of an import with those, as SQL. */
export const withLineErrors = (parameter: string): string =>
  `CASE WHEN jsonb_array_length(line_errors) >= ${KEPT_LINE_ERRORS} THEN line_errors
        ELSE line_errors || ${parameter}::jsonb END`;

export const keptLineErrors = (errors: readonly LineError[]): string =>
  JSON.stringify(errors.slice(0, KEPT_LINE_ERRORS));

/**
 * Adds what was found to an import that lists.
 *
 * Input: a transaction; the import, its tenant and set. Output: rows are there to be fetched, as one chunk.
 * Errors: `import.ended` when somebody has ended it; those of `recordFiles`.
 */
export async function addFoundRows(
  tx: Queryable,
  target: Omit<RecordTarget, 'quota'> & { importId: string },
  found: FoundRows,
): Promise<void> {
  if (found.refused.length > 0) {
    // Refusals alone: nothing that a quota bounds.
    const set = { ...target, quota: NO_STORAGE_QUOTA };
    await recordFiles(tx, set, { accepted: [], refused: found.refused });
  }
  const [row] = await tx.query<{ n: number }>(
    `UPDATE imports SET found = found + $2, refused = refused + $3, chunks = chunks + 1, seen_at = now(),
       line_errors = ${withLineErrors('$4')}
     WHERE id = $1 AND state = 'listing' RETURNING chunks AS n`,
    [
      target.importId,
      found.rows.length + found.refused.length,
      found.refused.length,
      keptLineErrors(found.lineErrors),
    ],
  );
  if (row === undefined) throw new AppError('import.ended', 'The import has been ended.');
  if (found.rows.length === 0) return;
  await addChunk(tx, target, row.n, found.rows);
}

/** Input: its number, which no other chunk of the import has. Output: rows are there to be fetched. */
export async function addChunk(
  tx: Queryable,
  { importId, tenantId }: { readonly importId: string; readonly tenantId: string },
  n: number,
  rows: readonly ImportRow[],
): Promise<void> {
  await tx.query(
    `INSERT INTO import_chunks (import_id, n, tenant_id, rows) VALUES ($1, $2, $3, $4)`,
    [importId, n, tenantId, JSON.stringify(rows)],
  );
}

/** Output: the import has all its rows, and has ended if they have. */
export async function finishListing(db: Queryable, importId: string): Promise<void> {
  await db.query(
    `UPDATE imports SET seen_at = now(),
       state = CASE WHEN accepted + duplicate + refused >= found THEN 'completed' ELSE 'fetching' END,
       finished_at = CASE WHEN accepted + duplicate + refused >= found THEN now() END
     WHERE id = $1 AND state = 'listing'`,
    [importId],
  );
}

/**
 * Input: custom ids of lines, each once. Output: for those that an earlier line of the same import has, that
 * line; the others are known from now on. Errors: those of the connection.
 */
export async function claimCustomIds(
  db: Queryable,
  importId: string,
  ids: readonly { readonly customId: string; readonly line: number }[],
): Promise<ReadonlyMap<string, number>> {
  if (ids.length === 0) return new Map();
  const rows = await db.query<{ id: string; line: number }>(
    `WITH incoming AS (
       SELECT id, md5(id)::uuid AS hash, line FROM unnest($2::text[], $3::int[]) AS t(id, line)
     ), known AS (
       -- One by one: a join would read all ids of the import for each chunk.
       SELECT incoming.id, earlier.line FROM incoming CROSS JOIN LATERAL (
         SELECT line FROM import_ids WHERE import_id = $1 AND hash = incoming.hash LIMIT 1
       ) AS earlier
     ), added AS (
       INSERT INTO import_ids (import_id, hash, line) SELECT $1, hash, line FROM incoming ON CONFLICT DO NOTHING
     )
     SELECT id, line FROM known`,
    [importId, ids.map(({ customId }) => customId), ids.map(({ line }) => line)],
  );
  return new Map(rows.map(({ id, line }) => [id, line]));
}

export async function forgetCustomIds(db: Queryable, importId: string): Promise<void> {
  await db.query('DELETE FROM import_ids WHERE import_id = $1', [importId]);
}

/** Nothing came for so long: whoever received the manifest is gone. */
const SILENT_MINUTES = 15;

/** Output: ids of manifests that nobody receives any more. */
export async function listAbandonedImports(db: Queryable): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    `SELECT id FROM imports WHERE state = 'listing' AND source = 'manifest'
       AND seen_at < now() - interval '${SILENT_MINUTES} minutes'`,
  );
  return rows.map(({ id }) => id);
}

/** Output: custom ids of manifests that are not being received are gone: those of a dry run may have lost their owner. */
export async function forgetCustomIdsOfOld(db: Queryable): Promise<void> {
  // The ids of imports and dry runs sort by age.
  await db.query(
    `DELETE FROM import_ids WHERE import_id < overlay(new_uuid7()::text PLACING
         substring(lpad(to_hex((extract(epoch FROM now() - interval '1 day') * 1000)::bigint), 12, '0') FOR 8)
         FROM 1 FOR 8)::uuid
       AND NOT EXISTS (SELECT 1 FROM imports WHERE id = import_id AND state = 'listing')`,
  );
}
