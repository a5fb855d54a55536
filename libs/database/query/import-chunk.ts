import type { Database, Queryable } from '../database.js';
import {
  recordFiles,
  type AcceptedFile,
  type RecordedFile,
  type RecordTarget,
  type RefusedFile,
} from './image.js';
import type { ImportRow } from './import-listing.js';
import { findKnown, type NamedContent } from './known-image.js';

export interface HeldChunk {
  readonly importId: string;
  readonly n: number;
  /** Proof of being the newest holder. */
  readonly fence: number;
}

export interface ClaimedChunk extends HeldChunk {
  readonly tenantId: string;
  readonly setId: string;
  readonly rows: readonly ImportRow[];
  /** Passes that were made before this one. */
  readonly attempts: number;
  /** `traceparent` of the request that ordered the import. */
  readonly traceParent: string | null;
}

/**
 * Output: chunks that are due, held for `leaseMs`: if nothing is heard of their holder until then, they are due
 * again. First those of the tenant that has fewest in hand. Errors: those of the connection.
 */
export function claimChunks(
  db: Queryable,
  limits: { total: number; leaseMs: number },
): Promise<ClaimedChunk[]> {
  return db.query<ClaimedChunk & Record<string, unknown>>(CLAIM, [limits.total, limits.leaseMs]);
}

// Tenants with something waiting, found by skipping through the index: a backlog of one costs the others nothing.
const CLAIM = `
WITH RECURSIVE waiting AS (
  (SELECT tenant_id AS id FROM import_chunks ORDER BY tenant_id LIMIT 1)
  UNION ALL
  SELECT (SELECT c.tenant_id FROM import_chunks c WHERE c.tenant_id > w.id ORDER BY c.tenant_id LIMIT 1)
  FROM waiting w WHERE w.id IS NOT NULL
), due AS (
  SELECT c.import_id, c.n, c.due_at,
         (SELECT count(*) FROM import_chunks h WHERE h.tenant_id = waiting.id AND h.lease_until > now())
           + row_number() OVER (PARTITION BY waiting.id ORDER BY c.due_at) AS nth
  FROM waiting CROSS JOIN LATERAL (
    SELECT import_id, n, due_at FROM import_chunks
    WHERE tenant_id = waiting.id AND due_at <= now() ORDER BY due_at LIMIT $1
    FOR UPDATE SKIP LOCKED
  ) AS c
), chosen AS (
  SELECT import_id, n FROM due ORDER BY nth, due_at LIMIT $1
)
UPDATE import_chunks AS c SET fence = fence + 1,
       lease_until = now() + $2 * interval '1 millisecond', due_at = now() + $2 * interval '1 millisecond'
FROM chosen JOIN imports i ON i.id = chosen.import_id AND i.state IN ('listing', 'fetching')
WHERE c.import_id = chosen.import_id AND c.n = chosen.n
RETURNING c.import_id AS "importId", c.n, c.fence, c.tenant_id AS "tenantId", i.set_id AS "setId", c.rows, c.attempts,
          i.trace_parent AS "traceParent"`;

/** Output: in the order of the chunks, whether each is still held; those are, for another `leaseMs`. */
export async function renewChunks(
  db: Queryable,
  held: readonly HeldChunk[],
  leaseMs: number,
): Promise<boolean[]> {
  const rows = await db.query<{ ord: number }>(
    `UPDATE import_chunks AS c SET lease_until = now() + $4 * interval '1 millisecond',
            due_at = now() + $4 * interval '1 millisecond'
     FROM unnest($1::uuid[], $2::int[], $3::int[]) WITH ORDINALITY AS h(import_id, n, fence, ord)
     WHERE c.import_id = h.import_id AND c.n = h.n AND c.fence = h.fence AND c.lease_until IS NOT NULL
     RETURNING h.ord::int AS ord`,
    [
      held.map(({ importId }) => importId),
      held.map(({ n }) => n),
      held.map(({ fence }) => fence),
      leaseMs,
    ],
  );
  const kept = new Set(rows.map(({ ord }) => ord));
  return held.map((_, at) => kept.has(at + 1));
}

/** Input: what has not ended stays for `afterMs`; a pass that was made counts. Output: nobody holds it. */
export async function releaseChunk(
  db: Queryable,
  held: HeldChunk,
  { afterMs, countsAs }: { afterMs: number; countsAs: 0 | 1 },
): Promise<void> {
  await db.query(
    `UPDATE import_chunks SET lease_until = NULL, attempts = attempts + $5,
            due_at = now() + $4 * interval '1 millisecond'
     WHERE import_id = $1 AND n = $2 AND fence = $3`,
    [held.importId, held.n, held.fence, afterMs, countsAs],
  );
}

export interface EndedRows {
  /** Their bytes are in the object store. */
  readonly accepted: readonly AcceptedFile[];
  /** Said to be there already, by their content. */
  readonly known: readonly NamedContent[];
  readonly refused: readonly RefusedFile[];
  /** Of the chunk, after these. */
  readonly left: readonly ImportRow[];
}

/**
 * Records rows of a chunk that have ended: images, refusals, the counters of set and import, and what is left.
 *
 * Output: false when somebody else holds the chunk by now, or the import has ended; then nothing is recorded.
 * Errors: those of `recordFiles`; those of the connection.
 */
export async function commitRows(
  database: Database,
  held: HeldChunk,
  target: RecordTarget,
  ended: EndedRows,
): Promise<boolean> {
  try {
    await database.transaction(async (tx) => {
      await keepLeft(tx, held, ended.left);
      const counts = await record(tx, target, ended);
      await count(tx, held.importId, counts);
    });
    return true;
  } catch (error) {
    if (error === LOST) return false;
    throw error;
  }
}

/** Rolls the transaction back. */
const LOST = new Error('the chunk is lost');

async function keepLeft(tx: Queryable, held: HeldChunk, left: readonly ImportRow[]): Promise<void> {
  const key = [held.importId, held.n, held.fence];
  const where = 'WHERE import_id = $1 AND n = $2 AND fence = $3 RETURNING 1';
  const rows =
    left.length === 0
      ? await tx.query(`DELETE FROM import_chunks ${where}`, key)
      : await tx.query(`UPDATE import_chunks SET rows = $4 ${where}`, [
          ...key,
          JSON.stringify(left),
        ]);
  if (rows.length === 0) throw LOST;
}

interface Counts {
  readonly accepted: number;
  readonly duplicate: number;
  readonly refused: number;
}

/** All contents in one go: what it refuses of them is told, and the tenant's usage is moved once, and last. */
async function record(
  tx: Queryable,
  target: RecordTarget,
  { accepted, known, refused }: EndedRows,
): Promise<Counts> {
  const found = known.length === 0 ? [] : await findKnown(tx, target, known);
  const places = new Set(found.map(({ at }) => at));
  const unknown = known
    .filter((_, at) => !places.has(at))
    .map(({ name }) => ({ name, ...UNKNOWN }));
  const files = [...accepted, ...found.map(({ file }) => file)];
  const early = [...refused, ...unknown];
  const { accepted: rows } = await recordFiles(tx, target, { accepted: files, refused: early });
  const taken = files.filter((_, at) => isOfAnother(rows[at]!)).map(customIdTaken);
  if (taken.length > 0) await recordFiles(tx, target, { accepted: [], refused: taken });
  const surplus = rows.filter((row) => 'refused' in row).length;
  const fresh = rows.filter((row) => 'n' in row && !row.duplicate).length;
  return {
    accepted: fresh,
    duplicate: rows.length - fresh - surplus - taken.length,
    refused: early.length + surplus + taken.length,
  };
}

const isOfAnother = (row: RecordedFile): boolean => 'n' in row && row.differs;

const customIdTaken = ({ name, customId }: AcceptedFile): RefusedFile => ({
  name,
  code: 'manifest.custom_id_taken',
  detail: `The set has another image under the custom id ${JSON.stringify(customId)}; it stays.`,
});

const UNKNOWN = {
  code: 'manifest.unknown_sha256',
  detail: 'No image with this SHA-256 is stored. Upload it, or give a URL.',
};

async function count(tx: Queryable, importId: string, counts: Counts): Promise<void> {
  const rows = await tx.query(
    `UPDATE imports SET accepted = accepted + $2, duplicate = duplicate + $3, refused = refused + $4,
       state = CASE WHEN state = 'fetching' AND accepted + duplicate + refused + $2 + $3 + $4 >= found
                    THEN 'completed' ELSE state END,
       finished_at = CASE WHEN state = 'fetching' AND accepted + duplicate + refused + $2 + $3 + $4 >= found
                          THEN now() END
     WHERE id = $1 AND state IN ('listing', 'fetching') RETURNING 1`,
    [importId, counts.accepted, counts.duplicate, counts.refused],
  );
  if (rows.length === 0) throw LOST;
}
