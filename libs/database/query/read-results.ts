import type { Answer, ItemState, Task, Timings } from '#contracts';
import type { Queryable } from '../database.js';
import { calledValues, IMAGES_CALLED, type ImageCalled } from './find-images.js';
import { findWorkerHosts } from './worker.js';

export interface ItemRecord {
  readonly n: number;
  readonly imageName: string;
  readonly sha256: string;
  /** What its client calls it, and wants to find again beside the answers. */
  readonly customId: string | null;
  readonly metadata: Readonly<Record<string, string>> | null;
  readonly state: ItemState;
  readonly attempts: number;
  readonly error: { readonly code: string; readonly detail: string } | null;
  readonly answers: readonly Answer[];
  /** Of a job that asks each image its own. */
  readonly tasks: readonly Task[] | null;
  readonly width: number | null;
  readonly height: number | null;
  readonly timings: Timings | null;
  /** Who did it; no host when nobody knows it any more. */
  readonly worker: { readonly id: string; readonly host: string | null } | null;
  readonly leasedAt: Date | null;
  readonly finishedAt: Date;
}

interface ItemRow extends Record<string, unknown> {
  n: number;
  name: string;
  sha256: string;
  custom_id: string | null;
  metadata: Record<string, string> | null;
  state: ItemState;
  attempts: number;
  error_code: string | null;
  error_detail: string | null;
  answers: Answer[] | null;
  tasks: Task[] | null;
  width: number | null;
  height: number | null;
  timings: Timings | null;
  worker_id: string | null;
  leased_at: Date | null;
  finished_at: Date;
}

export interface ResultPageRequest {
  readonly limit: number;
  /** Only items with a higher number. */
  readonly after?: number;
  readonly state?: ItemState;
  /** Only items that failed of it. */
  readonly errorCode?: string;
  /** Only of images that are called so. */
  readonly called?: ImageCalled;
}

const ENDED_ITEMS = `
       SELECT * FROM items
       WHERE job_id = $1 AND n > $3 AND ($4::text IS NULL OR state = $4)
         AND ($6::text IS NULL OR (error_code = $6 AND state <> 'succeeded'))`;

/** One look-up for each image that was found: a join of the two would read all of a large job. */
const CALLED_ITEMS = `
       SELECT ended.* FROM (${IMAGES_CALLED('$2', '$7', '$8')}) AS found
       CROSS JOIN LATERAL (${ENDED_ITEMS} AND n = found.n LIMIT 1) AS ended`;

/**
 * Input: a job that the caller found for its tenant. Output: its items that have ended, by number,
 * `limit` at most. While the job runs, lower numbers may still end behind the reader.
 */
export async function listResults(
  db: Queryable,
  job: { readonly id: string; readonly setId: string },
  page: ResultPageRequest,
): Promise<ItemRecord[]> {
  // The page first, then its images one by one: a join of the two would read all that comes after the page as well.
  const rows = await db.query<ItemRow>(
    `SELECT item.n, image.name, encode(image.sha256, 'hex') AS sha256, image.custom_id, image.metadata,
            item.state, item.attempts,
            item.error_code, item.error_detail, item.answers, item.width, item.height,
            item.timings, item.worker_id, item.leased_at, item.finished_at,
            CASE WHEN (SELECT own_tasks IS NOT NULL FROM jobs WHERE id = $1) THEN image.tasks END AS tasks
     FROM (
       ${page.called ? CALLED_ITEMS : ENDED_ITEMS}
       ORDER BY n LIMIT $5
     ) AS item
     CROSS JOIN LATERAL (
       SELECT name, sha256, custom_id, metadata, tasks FROM images
       WHERE set_id = $2 AND images.n = item.n LIMIT 1
     ) AS image
     ORDER BY item.n`,
    [
      job.id,
      job.setId,
      page.after ?? -1,
      page.state ?? null,
      page.limit,
      page.errorCode ?? null,
      ...(page.called ? calledValues(page.called) : []),
    ],
  );
  const workers = new Set(rows.flatMap(({ worker_id: id }) => id ?? []));
  const hosts = await findWorkerHosts(db, [...workers]);
  return rows.map((row) => toRecord(row, hosts));
}

function toRecord(row: ItemRow, hosts: ReadonlyMap<string, string>): ItemRecord {
  const { error_code: code, error_detail: detail, worker_id: worker } = row;
  return {
    n: row.n,
    imageName: row.name,
    sha256: row.sha256,
    customId: row.custom_id,
    metadata: row.metadata,
    state: row.state,
    attempts: row.attempts,
    error: code === null ? null : { code, detail: detail ?? '' },
    answers: row.answers ?? [],
    tasks: row.tasks,
    width: row.width,
    height: row.height,
    timings: row.timings,
    worker: worker === null ? null : { id: worker, host: hosts.get(worker) ?? null },
    leasedAt: row.leased_at,
    finishedAt: row.finished_at,
  };
}
