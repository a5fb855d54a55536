import type { Queryable } from '../database.js';

export interface ImageSetRecord {
  readonly id: string;
  readonly name: string | null;
  readonly state: 'open' | 'sealed';
  readonly accepted: number;
  readonly refused: number;
  readonly bytes: number;
  readonly metadata: Readonly<Record<string, string>>;
  readonly createdAt: Date;
  readonly sealedAt: Date | null;
}

export interface ImageSetRow extends Record<string, unknown> {
  id: string;
  name: string | null;
  state: 'open' | 'sealed';
  accepted: number;
  refused: number;
  bytes: string;
  metadata: Record<string, string>;
  created_at: Date;
  sealed_at: Date | null;
}

export const IMAGE_SET_COLUMNS =
  'id, name, state, accepted, refused, bytes::text, metadata, created_at, sealed_at';

export function toImageSetRecord(row: ImageSetRow): ImageSetRecord {
  return {
    id: row.id,
    name: row.name,
    state: row.state,
    accepted: row.accepted,
    refused: row.refused,
    bytes: Number(row.bytes),
    metadata: row.metadata,
    createdAt: row.created_at,
    sealedAt: row.sealed_at,
  };
}

export interface NewImageSet {
  readonly id: string;
  readonly tenantId: string;
  readonly name: string | null;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Input: a new id, its tenant. Output: an open set without images. Errors: those of the connection. */
export async function createImageSet(db: Queryable, set: NewImageSet): Promise<ImageSetRecord> {
  const [row] = await db.query<ImageSetRow>(
    `INSERT INTO image_sets (id, tenant_id, name, metadata) VALUES ($1, $2, $3, $4)
     RETURNING ${IMAGE_SET_COLUMNS}`,
    [set.id, set.tenantId, set.name, JSON.stringify(set.metadata)],
  );
  return toImageSetRecord(row!);
}

/**
 * Output: the set; undefined when the tenant has no such set. With `lock`, nobody else changes it until the
 * transaction ends; with `use`, nobody deletes it until then.
 */
export async function findImageSet(
  db: Queryable,
  tenantId: string,
  id: string,
  options: { lock?: boolean; use?: boolean } = {},
): Promise<ImageSetRecord | undefined> {
  const lock = options.lock ? 'FOR UPDATE' : options.use ? 'FOR KEY SHARE' : '';
  const [row] = await db.query<ImageSetRow>(
    `SELECT ${IMAGE_SET_COLUMNS} FROM image_sets
     WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL ${lock}`,
    [tenantId, id],
  );
  return row && toImageSetRecord(row);
}

/** Output: those of the sets that are there, of whatever tenant: the caller knows whose they are. */
export async function findImageSetsById(
  db: Queryable,
  ids: readonly string[],
): Promise<ImageSetRecord[]> {
  const rows = await db.query<ImageSetRow>(
    `SELECT ${IMAGE_SET_COLUMNS} FROM image_sets WHERE id = ANY ($1::uuid[]) AND deleted_at IS NULL`,
    [ids],
  );
  return rows.map(toImageSetRecord);
}

/** Input: ids older than `before` only. Output: the tenant's sets, newest first, `limit` at most. */
export async function listImageSets(
  db: Queryable,
  tenantId: string,
  page: { limit: number; before?: string },
): Promise<ImageSetRecord[]> {
  const rows = await db.query<ImageSetRow>(
    `SELECT ${IMAGE_SET_COLUMNS} FROM image_sets
     WHERE tenant_id = $1 AND deleted_at IS NULL AND ($2::uuid IS NULL OR id < $2)
     ORDER BY id DESC LIMIT $3`,
    [tenantId, page.before ?? null, page.limit],
  );
  return rows.map(toImageSetRecord);
}

/** Input: a set that the caller has locked. Output: it is sealed; once sealed it keeps its time. */
export async function markImageSetSealed(tx: Queryable, id: string): Promise<ImageSetRecord> {
  const [row] = await tx.query<ImageSetRow>(
    `UPDATE image_sets SET state = 'sealed', sealed_at = coalesce(sealed_at, now()) WHERE id = $1
     RETURNING ${IMAGE_SET_COLUMNS}`,
    [id],
  );
  return toImageSetRecord(row!);
}

export interface RefusedFileRecord {
  /** Position in the list of its set. */
  readonly id: string;
  readonly name: string;
  readonly code: string;
  readonly detail: string;
  readonly createdAt: Date;
}

/** Input: a set of the tenant; only refusals after `after`. Output: in the order they happened, `limit` at most. */
export async function listRefusedFiles(
  db: Queryable,
  setId: string,
  page: { limit: number; after?: string },
): Promise<RefusedFileRecord[]> {
  const rows = await db.query<{
    id: string;
    name: string;
    code: string;
    detail: string;
    created_at: Date;
  }>(
    `SELECT id::text, name, code, detail, created_at FROM refused_files
     WHERE set_id = $1 AND id > $2 ORDER BY refused_files.id LIMIT $3`,
    [setId, page.after ?? '0', page.limit],
  );
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    code: row.code,
    detail: row.detail,
    createdAt: row.created_at,
  }));
}
