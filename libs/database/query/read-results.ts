import type { Answer, ItemState, Task, Timings } from '#contracts';
import type { Queryable } from '../database.js';

export interface ItemRecord {
  readonly n: number;
  readonly imageName: string;
  readonly sha256: string;
  readonly state: ItemState;
  readonly attempts: number;
  readonly error: { readonly code: string; readonly detail: string } | null;
  readonly answers: readonly Answer[];
  /** Of a job that asks each image its own. */
  readonly tasks: readonly Task[] | null;
  readonly width: number | null;
  readonly height: number | null;
  readonly timings: Timings | null;
  readonly finishedAt: Date;
}

interface ItemRow extends Record<string, unknown> {
  n: number;
  name: string;
  sha256: string;
  state: ItemState;
  attempts: number;
  error_code: string | null;
  error_detail: string | null;
  answers: Answer[] | null;
  tasks: Task[] | null;
  width: number | null;
  height: number | null;
  timings: Timings | null;
  finished_at: Date;
}

export interface ResultPageRequest {
  readonly limit: number;
  /** Only items with a higher number. */
  readonly after?: number;
  readonly state?: ItemState;
  /** Only items that failed of it. */
  readonly errorCode?: string;
}

/**
 * Input: a job that the caller found for its tenant. Output: its items that have ended, by number,
 * `limit` at most. While the job runs, lower numbers may still end behind the reader.
 */
export async function listResults(
  db: Queryable,
  job: { readonly id: string; readonly setId: string },
  page: ResultPageRequest,
): Promise<ItemRecord[]> {
  // `images.n > $3` says nothing new, but lets a merge join begin at the page instead of at the first image.
  const rows = await db.query<ItemRow>(
    `SELECT items.n, images.name, encode(images.sha256, 'hex') AS sha256, items.state, items.attempts,
            items.error_code, items.error_detail, items.answers, items.width, items.height,
            items.timings, items.finished_at,
            CASE WHEN (SELECT own_tasks IS NOT NULL FROM jobs WHERE id = $1) THEN images.tasks END AS tasks
     FROM items JOIN images ON images.set_id = $2 AND images.n = items.n
     WHERE items.job_id = $1 AND items.n > $3 AND images.n > $3 AND ($4::text IS NULL OR items.state = $4)
       AND ($6::text IS NULL OR (items.error_code = $6 AND items.state <> 'succeeded'))
     ORDER BY items.n LIMIT $5`,
    [job.id, job.setId, page.after ?? -1, page.state ?? null, page.limit, page.errorCode ?? null],
  );
  return rows.map(toRecord);
}

function toRecord(row: ItemRow): ItemRecord {
  const { error_code: code, error_detail: detail } = row;
  return {
    n: row.n,
    imageName: row.name,
    sha256: row.sha256,
    state: row.state,
    attempts: row.attempts,
    error: code === null ? null : { code, detail: detail ?? '' },
    answers: row.answers ?? [],
    tasks: row.tasks,
    width: row.width,
    height: row.height,
    timings: row.timings,
    finishedAt: row.finished_at,
  };
}
