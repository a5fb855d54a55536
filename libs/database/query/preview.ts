import type { JobTasks, Task } from '#contracts';
import { sampleItems, taskDigest } from '#pipeline';
import type { Queryable } from '../database.js';

/** Images that are looked at: enough for a share to within a few per cent. */
const LOOKS = 500;

export interface PreviewedJob {
  readonly tenantId: string;
  readonly setId: string;
  readonly model: string;
  readonly tasks: JobTasks;
  readonly itemCount: number;
}

/**
 * Output: which part of the answers that a job needs are known for the revision of the model that registered last,
 * 0..1; estimated on images spread over the set. Errors: those of the connection.
 */
export async function estimateKnownShare(db: Queryable, job: PreviewedJob): Promise<number> {
  const images = await db.query<{ sha256: string; tasks: Task[] | null }>(
    `SELECT encode(sha256, 'hex') AS sha256, tasks FROM images
     WHERE set_id = $1 AND n = ANY ($2::int[])`,
    [job.setId, sampleItems(job.itemCount, LOOKS)],
  );
  const asked = images.flatMap(({ sha256, tasks }) => {
    const all = job.tasks === 'own' ? (tasks ?? []) : job.tasks;
    return all.map((task) => ({ sha256, digest: taskDigest(task)?.toString('hex') }));
  });
  if (asked.length === 0) return 0;
  const keepable = asked.filter(({ digest }) => digest !== undefined);
  const [row] = await db.query<{ known: number }>(KNOWN, [
    job.tenantId,
    job.model,
    keepable.map(({ sha256 }) => sha256),
    keepable.map(({ digest }) => digest),
  ]);
  return row!.known / asked.length;
}

// OFFSET 0: a look into the key for each, whatever the planner thinks of the table's size.
const KNOWN = `
SELECT count(*)::int AS known
FROM unnest($3::text[], $4::text[]) AS asked (hex, digest)
JOIN models ON models.name = $2
JOIN questions ON questions.tenant_id = $1 AND questions.model = $2
 AND questions.revision = models.revision AND questions.task = decode(asked.digest, 'hex')
CROSS JOIN LATERAL (
  SELECT 1 FROM known_answers
  WHERE known_answers.sha256 = decode(asked.hex, 'hex')
    AND known_answers.question_id = questions.id OFFSET 0) AS known`;

/** Previews of one sweep, and how long one is kept. */
const STEP = 100;
const KEPT = '1 hour';

/** Output: previews that are over and old are gone, with their items and shards. Errors: those of the connection. */
export async function forgetPreviews(db: Queryable): Promise<void> {
  await db.query(
    `WITH old AS (
       SELECT id FROM jobs
       WHERE preview AND created_at < now() - interval '${KEPT}' AND state IN ('completed', 'cancelled')
       ORDER BY created_at LIMIT ${STEP} FOR UPDATE SKIP LOCKED
     ), shard AS (
       DELETE FROM shards USING old WHERE shards.job_id = old.id
     ), item AS (
       DELETE FROM items USING old WHERE items.job_id = old.id
     )
     DELETE FROM jobs USING old WHERE jobs.id = old.id`,
  );
}
