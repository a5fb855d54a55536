import type { CorrectedBox } from '#contracts';
import type { Queryable } from '../database.js';

export interface CorrectionRecord {
  readonly n: number;
  readonly task: number;
  readonly imageName: string;
  /** Lower-case hex, where the name does not tell which image of the set it is. */
  readonly sha256: string | null;
  readonly prompt: string;
  readonly text: string | null;
  readonly boxes: readonly CorrectedBox[] | null;
  readonly suffix: string;
  readonly correctedAt: Date;
}

/** Of one tenant: whoever calls has found it so. */
export interface CorrectedJob {
  readonly id: string;
  readonly setId: string;
}

interface NewCorrection {
  readonly n: number;
  readonly task: number;
  readonly text?: string;
  readonly boxes?: readonly CorrectedBox[];
  readonly suffix: string;
}

const isAnother = (half: string): string => `EXISTS (
    SELECT FROM images AS other WHERE other.set_id = images.set_id AND other.name = images.name
      AND other.sha256 <> images.sha256 AND ${half})`;

/** A name that begins as a URL of this kind would be taken for one. Others are looked for as the indexes have them. */
const COLUMNS = `corrections.n, corrections.task, images.name AS "imageName", corrections.prompt,
  CASE WHEN images.name LIKE 'data:%' OR ${isAnother('other.custom_id IS NULL')}
    OR ${isAnother('other.custom_id IS NOT NULL')} THEN encode(images.sha256, 'hex') END AS sha256,
  corrections.text, corrections.boxes, corrections.suffix, corrections.corrected_at AS "correctedAt"`;

/**
 * Keeps it in the place of one that was there. Output: it; undefined when the item has no such answer.
 * Errors: those of the connection.
 */
export async function saveCorrection(
  db: Queryable,
  job: CorrectedJob,
  { n, task, text, boxes, suffix }: NewCorrection,
): Promise<CorrectionRecord | undefined> {
  const [row] = await db.query<CorrectionRecord & Record<string, unknown>>(
    `WITH answer AS (
       SELECT answer->>'prompt' AS prompt
       FROM items CROSS JOIN jsonb_array_elements(items.answers) AS answer
       WHERE items.job_id = $1 AND items.n = $3 AND (answer->>'task')::int = $4
     ), corrections AS (
       INSERT INTO corrections (job_id, n, task, prompt, text, boxes, suffix)
       SELECT $1, $3, $4, prompt, $5, $6, $7 FROM answer
       ON CONFLICT (job_id, n, task) DO UPDATE
       SET text = excluded.text, boxes = excluded.boxes, suffix = excluded.suffix, corrected_at = now()
       RETURNING *
     )
     SELECT ${COLUMNS} FROM corrections JOIN images ON images.set_id = $2 AND images.n = corrections.n`,
    [job.id, job.setId, n, task, text ?? null, boxes ? JSON.stringify(boxes) : null, suffix],
  );
  return row;
}

interface CorrectionPlace {
  readonly n: number;
  readonly task: number;
}

/** By item and task. Input: only after this place; only of this item. */
export function listCorrections(
  db: Queryable,
  job: CorrectedJob,
  page: { readonly limit: number; readonly after?: CorrectionPlace; readonly n?: number },
): Promise<CorrectionRecord[]> {
  return db.query<CorrectionRecord & Record<string, unknown>>(
    `SELECT ${COLUMNS} FROM corrections JOIN images ON images.set_id = $2 AND images.n = corrections.n
     WHERE corrections.job_id = $1 AND (corrections.n, corrections.task) > ($3::int, $4::int)
       AND ($5::int IS NULL OR corrections.n = $5)
     ORDER BY corrections.n, corrections.task LIMIT $6`,
    [job.id, job.setId, page.after?.n ?? -1, page.after?.task ?? -1, page.n ?? null, page.limit],
  );
}

/** Nothing where there is none. */
export async function removeCorrection(
  db: Queryable,
  jobId: string,
  { n, task }: CorrectionPlace,
): Promise<void> {
  await db.query(`DELETE FROM corrections WHERE job_id = $1 AND n = $2 AND task = $3`, [
    jobId,
    n,
    task,
  ]);
}
