import type { Queryable } from '../database.js';
import {
  toUploadRecord,
  UPLOAD_COLUMNS,
  type UploadCounts,
  type UploadRecord,
  type UploadRow,
} from './resumable-upload.js';

/** Whoever holds it makes images of the upload; a higher fence ends that. */
export interface UploadLease {
  readonly id: string;
  readonly fence: number;
}

export interface ClaimedUpload extends UploadRecord, UploadLease {
  /** Holders of it that crashed before. */
  readonly losses: number;
  /** `traceparent` of the request that ordered it. */
  readonly traceParent: string | null;
}

/** Input: how long a lease is. Output: the upload that has waited longest, and is ours now; undefined when none waits. */
export async function claimUpload(
  db: Queryable,
  leaseMs: number,
): Promise<ClaimedUpload | undefined> {
  const [row] = await db.query<
    UploadRow & { fence: number; losses: number; trace_parent: string | null }
  >(
    `UPDATE uploads SET fence = fence + 1, losses = losses + (lease_until IS NOT NULL)::int,
            lease_until = now() + $1 * interval '1 millisecond'
     WHERE id = (
       SELECT id FROM uploads
       WHERE state = 'assembling' AND ready_at <= now() AND (lease_until IS NULL OR lease_until < now())
       ORDER BY ready_at LIMIT 1 FOR UPDATE SKIP LOCKED)
     RETURNING ${UPLOAD_COLUMNS}, fence, losses, trace_parent`,
    [leaseMs],
  );
  if (row === undefined) return undefined;
  const { fence, losses, trace_parent: traceParent } = row;
  return { ...toUploadRecord(row), fence, losses, traceParent };
}

/** Output: in the order of the leases, whether each one is still held. */
export async function renewUploads(
  db: Queryable,
  leases: readonly UploadLease[],
  leaseMs: number,
): Promise<boolean[]> {
  if (leases.length === 0) return [];
  const rows = await db.query<{ id: string }>(
    `UPDATE uploads SET lease_until = now() + $3 * interval '1 millisecond'
     FROM unnest($1::uuid[], $2::int[]) AS held (id, fence)
     WHERE uploads.id = held.id AND uploads.fence = held.fence AND state = 'assembling'
     RETURNING uploads.id`,
    [leases.map(({ id }) => id), leases.map(({ fence }) => fence), leaseMs],
  );
  const kept = new Set(rows.map(({ id }) => id));
  return leases.map(({ id }) => kept.has(id));
}

type UploadError = NonNullable<UploadRecord['error']>;

export type UploadEnd = { readonly counts: UploadCounts } | { readonly error: UploadError };

/** Ends the upload; its parts will go. Output: false when somebody else holds it by now. */
export async function endUpload(
  db: Queryable,
  { id, fence }: UploadLease,
  end: UploadEnd,
): Promise<boolean> {
  const [counts, error] = 'counts' in end ? [end.counts, null] : [null, end.error];
  const rows = await db.query(
    `UPDATE uploads SET state = $3, counts = $4, error = $5, finished_at = now(), sweep_at = now(),
            lease_until = NULL
     WHERE id = $1 AND fence = $2 AND state = 'assembling' RETURNING 1`,
    [id, fence, error === null ? 'done' : 'failed', json(counts), json(error)],
  );
  return rows.length > 0;
}

/** A part has to be sent again: its owner has a day at least. Output: as of `endUpload`. */
export async function reopenUpload(
  db: Queryable,
  { id, fence }: UploadLease,
  error: UploadError,
): Promise<boolean> {
  const rows = await db.query(
    `UPDATE uploads SET state = 'open', error = $3, lease_until = NULL, losses = 0,
            expires_at = greatest(expires_at, now() + interval '1 day')
     WHERE id = $1 AND fence = $2 AND state = 'assembling' RETURNING 1`,
    [id, fence, json(error)],
  );
  return rows.length > 0;
}

/** Gives it back, to be claimed again after so long. A holder that stumbled counts as one that crashed. */
export async function yieldUpload(
  db: Queryable,
  { id, fence }: UploadLease,
  { afterMs, stumbled }: { afterMs: number; stumbled: boolean },
): Promise<void> {
  await db.query(
    `UPDATE uploads SET lease_until = NULL, ready_at = now() + $3 * interval '1 millisecond',
            losses = losses + $4::int
     WHERE id = $1 AND fence = $2 AND state = 'assembling'`,
    [id, fence, afterMs, stumbled ? 1 : 0],
  );
}

const json = (value: object | null): string | null =>
  value === null ? null : JSON.stringify(value);
