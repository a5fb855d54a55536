import { AppError } from '#contracts';
import type { Queryable } from '../database.js';
import { joinedQuery } from '../joined.js';

/** What was known of a content when its bytes were brought into the store. */
export interface SeenBlob {
  /** The tenant had them already, so nothing was brought. */
  readonly stored: boolean;
  /** When that was looked up, by the database's clock, at its own precision. */
  readonly at: string;
}

export interface FoundBlob extends SeenBlob {
  /** Its bytes are being removed: whoever brings them again waits for that. */
  readonly leaving: boolean;
  /** That the tenant has stored, this content or not. */
  readonly usedBytes: number;
}

interface Content {
  readonly tenantId: string;
  /** Lower-case hex. */
  readonly sha256: string;
}

const contentKey = ({ tenantId, sha256 }: Content): string => `${tenantId} ${sha256}`;
const lookTogether = joinedQuery(contentKey, lookForBlobs);

/**
 * Output: whether the tenant has sent this content before: then the store holds its bytes. Looks of the same moment are
 * one statement: uploads look once a file.
 */
export async function lookForBlob(
  db: Queryable,
  tenantId: string,
  sha256: string,
): Promise<FoundBlob> {
  return (await lookTogether(db, { tenantId, sha256 }))!;
}

async function lookForBlobs(
  db: Queryable,
  contents: readonly Content[],
): Promise<Map<string, FoundBlob>> {
  // Not by EXISTS, which a planner with old statistics may answer by reading a whole table.
  const rows = await db.query<Content & FoundBlob & Record<string, unknown>>(
    `SELECT tenant_id::text AS "tenantId", hex AS sha256,
            coalesce((SELECT true FROM blobs AS b
                      WHERE b.tenant_id = asked.tenant_id AND b.sha256 = decode(hex, 'hex')), false) AS stored,
            coalesce((SELECT NOT is_gone FROM removed_blobs AS r
                      WHERE r.tenant_id = asked.tenant_id AND r.sha256 = decode(hex, 'hex')), false) AS leaving,
            coalesce((SELECT bytes FROM tenant_usage AS u
                      WHERE u.tenant_id = asked.tenant_id), 0)::float8 AS "usedBytes",
            now()::text AS at
     FROM unnest($1::uuid[], $2::text[]) AS asked (tenant_id, hex)`,
    [contents.map(({ tenantId }) => tenantId), contents.map(({ sha256 }) => sha256)],
  );
  return new Map(
    rows.map(({ stored, leaving, usedBytes, at, ...content }) => [
      contentKey(content),
      { stored, leaving, usedBytes, at },
    ]),
  );
}

export interface BroughtBlob {
  readonly sha256: string;
  readonly bytes: number;
  readonly format: string;
  readonly seen?: SeenBlob;
}

/** A content that took longer from the store to its row would be taken for one of before a removal. */
const LONGEST_WAY = `interval '12 hours'`;

/**
 * Writes down that the store holds these contents, and keeps whoever removes bytes away from them until the
 * transaction ends. Output: those that the tenant did not have.
 * Errors: `upload.content_removed` (retryable) when a removal came in between: their bytes must be brought again.
 */
export async function insertBlobs(
  tx: Queryable,
  tenantId: string,
  files: readonly BroughtBlob[],
): Promise<ReadonlySet<string>> {
  if (files.length === 0) return new Set();
  // In the order of the key: two uploads of the same files never wait for each other in a circle.
  const inserted = await tx.query<{ hex: string }>(
    `INSERT INTO blobs (tenant_id, sha256, bytes, format)
     SELECT DISTINCT ON (hex) $1::uuid, decode(hex, 'hex'), bytes, format
     FROM unnest($2::text[], $3::bigint[], $4::text[]) AS t(hex, bytes, format) ORDER BY hex
     ON CONFLICT DO NOTHING RETURNING encode(sha256, 'hex') AS hex`,
    [
      tenantId,
      files.map((file) => file.sha256),
      files.map((file) => file.bytes),
      files.map((file) => file.format),
    ],
  );
  const fresh = new Set(inserted.map(({ hex }) => hex));
  const others = files.filter((file) => !fresh.has(file.sha256));
  const brought = files.filter((file) => fresh.has(file.sha256));
  // Seen there, and not there any more: its bytes are gone or going.
  if (brought.some(({ seen }) => seen?.stored === true)) throw removedMeanwhile();
  if (await wereRemoved(tx, tenantId, brought)) throw removedMeanwhile();
  const wanted = new Set(others.map((file) => file.sha256));
  if ((await holdBlobs(tx, tenantId, [...wanted])).size < wanted.size) throw removedMeanwhile();
  return fresh;
}

/** Which of these contents the tenant has; until the transaction ends nobody removes their bytes. */
export async function holdBlobs(
  tx: Queryable,
  tenantId: string,
  contents: readonly string[],
): Promise<Map<string, { bytes: number; format: string }>> {
  if (contents.length === 0) return new Map();
  const rows = await tx.query<{ sha256: string; bytes: string; format: string }>(
    `SELECT encode(sha256, 'hex') AS sha256, bytes::text, format FROM blobs
     WHERE tenant_id = $1 AND sha256 IN (SELECT decode(hex, 'hex') FROM unnest($2::text[]) AS t(hex))
     ORDER BY blobs.sha256 FOR KEY SHARE`,
    [tenantId, contents],
  );
  return new Map(
    rows.map(({ sha256, bytes, format }) => [sha256, { bytes: Number(bytes), format }]),
  );
}

/** Runs after the rows are in: whoever removes them again waits, and whoever did before is seen. */
async function wereRemoved(
  tx: Queryable,
  tenantId: string,
  brought: readonly BroughtBlob[],
): Promise<boolean> {
  const known = brought.filter(({ seen }) => seen !== undefined);
  if (known.length === 0) return false;
  const rows = await tx.query(
    `SELECT 1 FROM unnest($2::text[], $3::text[]) AS t(hex, seen)
     LEFT JOIN removed_blobs ON tenant_id = $1 AND sha256 = decode(hex, 'hex')
     WHERE NOT is_gone OR removed_at >= seen::timestamptz OR seen::timestamptz < now() - ${LONGEST_WAY}
     LIMIT 1`,
    [tenantId, known.map(({ sha256 }) => sha256), known.map(({ seen }) => seen!.at)],
  );
  return rows.length > 0;
}

const removedMeanwhile = (): AppError =>
  new AppError(
    'upload.content_removed',
    'A picture of this upload was deleted while it was sent again. Send it once more.',
    { retryable: true },
  );
