import { AppError, type StorageQuota, type Task } from '#contracts';
import { currentTraceParent } from '#telemetry';
import type { Queryable } from '../database.js';
import { insertBlobs, type SeenBlob } from './blob.js';
import {
  IMAGE_SET_COLUMNS,
  findImageSet,
  toImageSetRecord,
  type ImageSetRecord,
  type ImageSetRow,
} from './image-set.js';
import { releaseBlobs } from './release-blobs.js';
import { findSurplus, type Surplus } from './surplus.js';
import { chargeUsage } from './tenant-usage.js';

/** Its bytes are in the object store. */
export interface AcceptedFile {
  readonly name: string;
  /** Lower-case hex. */
  readonly sha256: string;
  readonly bytes: number;
  readonly format: string;
  /** What was known when its bytes were brought into the store: nobody may have removed them since. */
  readonly seen?: SeenBlob;
  /** What the client calls it: once in a set, whatever its name and content. */
  readonly customId?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  /** What a job with `tasks: "own"` asks about this image. */
  readonly tasks?: readonly Task[];
}

export interface RefusedFile {
  readonly name: string;
  readonly code: string;
  readonly detail: string;
}

export interface RecordedFiles {
  readonly set: ImageSetRecord;
  /** One per accepted file, in their order. */
  readonly accepted: readonly RecordedFile[];
}

export type RecordedFile = RecordedImage | SurplusFile;

export interface RecordedImage {
  /** A duplicate has the number of the image it repeats. */
  readonly n: number;
  readonly duplicate: boolean;
  /** Whether the image that the set has under this custom id is another one; it stays as it is. */
  readonly differs: boolean;
}

/** Above the quota of its tenant: it is no image, but a refusal of its set. */
export interface SurplusFile {
  readonly refused: { readonly code: string; readonly detail: string };
}

export interface RecordTarget {
  readonly tenantId: string;
  readonly setId: string;
  readonly imagesPerSet: number;
  /** Of the tenant. */
  readonly quota: StorageQuota;
}

/**
 * Records a chunk of an upload: blobs, images numbered without gaps, refusals, the set's counters and the tenant's
 * usage, which comes last (see `chargeUsage`).
 *
 * Input: a transaction; an open set of the tenant; how many images a set may hold.
 * Output: the set after it, and what became of every accepted file. Name and content that the set
 * holds already count once, and so does a custom id; so does a refusal that it knows: an upload sent again
 * adds nothing. What is above the tenant's quota is refused, file by file.
 * Errors: `set.not_found`, `set.sealed`, `set.full` (nothing of the chunk is recorded),
 * `upload.content_removed` (the same); those of the connection.
 */
export async function recordFiles(
  tx: Queryable,
  target: RecordTarget,
  files: { accepted: readonly AcceptedFile[]; refused: readonly RefusedFile[] },
): Promise<RecordedFiles> {
  const { tenantId, setId, quota } = target;
  const set = await lockOpenSet(tx, target);
  const images = await insertImages(tx, setId, set.accepted, files.accepted);
  const fresh = files.accepted.filter((_, at) => !images[at]!.duplicate);
  requireRoomInSet(target, set.accepted + fresh.length);
  const brought = await insertBlobs(tx, tenantId, fresh);
  const added = { images, brought };
  const whole = await moveCounters(tx, setId, {
    images: fresh.length,
    bytes: sumBytes(fresh),
    refused: await insertRefused(tx, setId, files.refused),
  });
  if (fresh.length === 0) return { set: whole, accepted: images };
  const change = { images: fresh.length, bytes: broughtBytes(fresh, brought) };
  const usage = await chargeUsage(tx, tenantId, change);
  const surplus = findSurplus(files.accepted, added, { usage, change, quota });
  if (surplus.size === 0) return { set: whole, accepted: images };
  return takeBack(tx, { target, set, whole }, files.accepted, { ...added, surplus });
}

function requireRoomInSet({ imagesPerSet }: RecordTarget, images: number): void {
  if (images <= imagesPerSet) return;
  throw new AppError(
    'set.full',
    `A set holds ${imagesPerSet} images at most; put the rest into another set.`,
  );
}

const sumBytes = (files: readonly AcceptedFile[]): number =>
  files.reduce((sum, { bytes }) => sum + bytes, 0);

/** Each content once. */
const broughtBytes = (files: readonly AcceptedFile[], brought: ReadonlySet<string>): number => {
  const bytes = new Map(files.map((file) => [file.sha256, file.bytes]));
  return [...brought].reduce((sum, sha256) => sum + bytes.get(sha256)!, 0);
};

/**
 * Takes those files of the chunk back that are above the quota. All that this touches was made or locked by this
 * transaction, so nothing waits, though the tenant's usage is locked by now.
 */
async function takeBack(
  tx: Queryable,
  { target, set, whole }: { target: RecordTarget; set: ImageSetRecord; whole: ImageSetRecord },
  files: readonly AcceptedFile[],
  { brought, surplus }: { brought: ReadonlySet<string>; surplus: Surplus },
): Promise<RecordedFiles> {
  const { tenantId, setId } = target;
  const kept = files.filter((_, at) => !surplus.has(at));
  const given = files.filter((_, at) => surplus.has(at));
  await tx.query('DELETE FROM images WHERE set_id = $1 AND n >= $2', [setId, set.accepted]);
  const rows = await insertImages(tx, setId, set.accepted, kept);
  const bytes = await releaseBlobs(
    tx,
    tenantId,
    given.map(({ sha256 }) => sha256).filter((sha256) => brought.has(sha256)),
  );
  const fresh = kept.filter((_, at) => !rows[at]!.duplicate);
  const after = await moveCounters(tx, setId, {
    images: set.accepted + fresh.length - whole.accepted,
    bytes: set.bytes + sumBytes(fresh) - whole.bytes,
    refused: await insertRefused(
      tx,
      setId,
      [...surplus].map(([at, reason]) => ({ name: files[at]!.name, ...reason })),
    ),
  });
  await chargeUsage(tx, tenantId, { bytes: -bytes, images: after.accepted - whole.accepted });
  const keptRows = rows.values();
  const accepted = files.map((_, at): RecordedFile => {
    const refused = surplus.get(at);
    return refused === undefined ? keptRows.next().value! : { refused };
  });
  return { set: after, accepted };
}

async function moveCounters(
  tx: Queryable,
  setId: string,
  by: { images: number; bytes: number; refused: number },
): Promise<ImageSetRecord> {
  const [row] = await tx.query<ImageSetRow>(
    `UPDATE image_sets SET accepted = accepted + $2, refused = refused + $3, bytes = bytes + $4,
       trace_parent = coalesce($5, trace_parent)
     WHERE id = $1 RETURNING ${IMAGE_SET_COLUMNS}`,
    [setId, by.images, by.refused, by.bytes, currentTraceParent() ?? null],
  );
  return toImageSetRecord(row!);
}

/** Output: bytes that the tenant has sent before, into whatever set; undefined when it has not. */
export async function findBlob(
  db: Queryable,
  tenantId: string,
  sha256: string,
): Promise<{ bytes: number; format: string } | undefined> {
  const [row] = await db.query<{ bytes: string; format: string }>(
    `SELECT bytes::text, format FROM blobs WHERE tenant_id = $1 AND sha256 = decode($2, 'hex')`,
    [tenantId, sha256],
  );
  return row && { bytes: Number(row.bytes), format: row.format };
}

/** Nobody else changes the set until the transaction ends. Errors: `set.not_found`, `set.sealed`. */
export async function lockOpenSet(
  tx: Queryable,
  { tenantId, setId }: { tenantId: string; setId: string },
): Promise<ImageSetRecord> {
  const set = await findImageSet(tx, tenantId, setId, { lock: true });
  if (set === undefined) throw new AppError('set.not_found', 'The set is gone.');
  if (set.state === 'sealed') {
    throw new AppError('set.sealed', 'The set is sealed: create another one for more images.');
  }
  return set;
}

// Looked up one by one: the planner knows nothing of a set that has just grown, and would read all of it each time.
// `ord` keeps the order of the files. One that is in a chunk twice is a duplicate of its first.
const INSERT_IMAGES = `
WITH incoming AS (
  SELECT coalesce('i' || custom_id, 'n' || hex || name) AS identity, name, decode(hex, 'hex') AS sha256,
         custom_id, metadata, tasks, ord::int
  FROM unnest($2::text[], $3::text[], $5::text[], $6::jsonb[], $7::jsonb[]) WITH ORDINALITY
       AS t(name, hex, custom_id, metadata, tasks, ord)
), firsts AS (
  SELECT DISTINCT ON (identity) * FROM incoming ORDER BY identity, ord
), known AS (
  SELECT firsts.identity, image.n, image.sha256
  FROM firsts CROSS JOIN LATERAL (
    SELECT n, sha256 FROM images
    WHERE set_id = $1 AND custom_id IS NULL AND name = firsts.name AND sha256 = firsts.sha256 LIMIT 1
  ) AS image
  WHERE firsts.custom_id IS NULL
  UNION ALL
  SELECT firsts.identity, image.n, image.sha256
  FROM firsts CROSS JOIN LATERAL (
    SELECT n, sha256 FROM images WHERE set_id = $1 AND custom_id = firsts.custom_id LIMIT 1
  ) AS image
), numbered AS (
  SELECT *, $4 + row_number() OVER (ORDER BY ord) - 1 AS n FROM firsts
  WHERE NOT EXISTS (SELECT 1 FROM known WHERE known.identity = firsts.identity)
), added AS (
  INSERT INTO images (set_id, n, name, sha256, custom_id, metadata, tasks)
  SELECT $1, n, name, sha256, custom_id, metadata, tasks FROM numbered
)
SELECT coalesce(numbered.n, known.n)::int AS n,
       numbered.n IS NULL OR incoming.ord <> firsts.ord AS duplicate,
       coalesce(numbered.sha256, known.sha256) <> incoming.sha256 AS differs
FROM incoming
JOIN firsts USING (identity)
LEFT JOIN known USING (identity)
LEFT JOIN numbered USING (identity)
ORDER BY incoming.ord`;

async function insertImages(
  tx: Queryable,
  setId: string,
  base: number,
  files: readonly AcceptedFile[],
): Promise<RecordedImage[]> {
  if (files.length === 0) return [];
  const json = (value: unknown) => (value === undefined ? null : JSON.stringify(value));
  return tx.query<RecordedImage & Record<string, unknown>>(INSERT_IMAGES, [
    setId,
    files.map((file) => file.name),
    files.map((file) => file.sha256),
    base,
    files.map((file) => file.customId ?? null),
    files.map((file) => json(file.metadata)),
    files.map((file) => json(file.tasks)),
  ]);
}

async function insertRefused(
  tx: Queryable,
  setId: string,
  files: readonly RefusedFile[],
): Promise<number> {
  if (files.length === 0) return 0;
  const rows = await tx.query(
    `INSERT INTO refused_files (set_id, name, code, detail)
     SELECT $1, name, code, detail
     FROM unnest($2::text[], $3::text[], $4::text[]) WITH ORDINALITY AS t(name, code, detail, ord)
     ORDER BY ord
     ON CONFLICT DO NOTHING
     RETURNING 1`,
    [
      setId,
      files.map((file) => file.name),
      files.map((file) => file.code),
      files.map((file) => file.detail),
    ],
  );
  return rows.length;
}
