import type { Answer, Task } from '#contracts';
import { taskDigest } from '#pipeline';
import type { Queryable } from '../database.js';

/** Number of a question; null for a task that is never taken from what is known. */
export type QuestionId = number | null;

/** Who asks what: a known answer is of one tenant, one model and one revision of it. */
export interface Asking {
  readonly tenantId: string;
  readonly model: string;
  readonly revision: string;
  readonly tasks: readonly Task[];
}

/** Output: the number of each task's question, in their order; those that are new get one. Errors: those of the connection. */
export async function numberQuestions(db: Queryable, asking: Asking): Promise<QuestionId[]> {
  const digests = asking.tasks.map((task) => taskDigest(task)?.toString('hex') ?? null);
  const wanted = [...new Set(digests)].filter((digest) => digest !== null).toSorted();
  if (wanted.length === 0) return digests.map(() => null);
  const rows = await db.query<{ task: string; id: number }>(
    `INSERT INTO questions (tenant_id, model, revision, task)
     SELECT $1, $2, $3, decode(hex, 'hex') FROM unnest($4::text[]) WITH ORDINALITY AS t (hex, ord) ORDER BY ord
     ON CONFLICT (tenant_id, model, revision, task) DO UPDATE SET used_at = now()
     RETURNING encode(task, 'hex') AS task, id`,
    [asking.tenantId, asking.model, asking.revision, wanted],
  );
  const ids = new Map(rows.map((row) => [row.task, row.id]));
  return digests.map((digest) => (digest === null ? null : (ids.get(digest) ?? null)));
}

export interface KnownAnswer {
  readonly answer: Answer;
  /** Pixels of the upright image. */
  readonly width: number | null;
  readonly height: number | null;
}

/** A question about a content (lower-case hex). */
export interface AskedQuestion {
  readonly sha256: string;
  readonly question: number;
}

/** What a question about a content is found under. */
export const knownKey = ({ sha256, question }: AskedQuestion): string => `${sha256} ${question}`;

/**
 * Output: by `knownKey`, what was answered before; nothing for what is not known. The answers still bear the number
 * that their task had then. Errors: those of the connection.
 */
export async function findKnownAnswers(
  db: Queryable,
  asked: readonly AskedQuestion[],
): Promise<Map<string, KnownAnswer>> {
  if (asked.length === 0) return new Map();
  const rows = await db.query<KnownRow>(FIND, [
    asked.map(({ sha256 }) => sha256),
    asked.map(({ question }) => question),
  ]);
  return new Map(
    rows.map(({ sha256, question, answer, width, height }) => [
      knownKey({ sha256, question }),
      { answer: { ...answer, cached: true }, width, height },
    ]),
  );
}

interface KnownRow extends Record<string, unknown> {
  sha256: string;
  question: number;
  answer: Answer;
  width: number | null;
  height: number | null;
}

// OFFSET 0 keeps each step a look into its key: joined freely, a planner whose statistics are from before the last
// million rows reads the tables instead.
const FIND = `
SELECT asked.hex AS sha256, asked.question, answer.value AS answer, item.width, item.height
FROM unnest($1::text[], $2::int[]) AS asked (hex, question)
CROSS JOIN LATERAL (
  SELECT job_id, n, task FROM known_answers AS k
  WHERE k.sha256 = decode(asked.hex, 'hex') AND k.question_id = asked.question OFFSET 0) AS known
CROSS JOIN LATERAL (
  SELECT answers, width, height FROM items
  WHERE items.job_id = known.job_id AND items.n = known.n OFFSET 0) AS item
CROSS JOIN LATERAL jsonb_array_elements(item.answers) AS answer (value)
WHERE (answer.value ->> 'task')::int = known.task`;

/**
 * Input: the transaction in which contents of a tenant are deleted; lower-case hex.
 * Output: nothing that was answered about them is known any more; the jobs keep the answers that they hold.
 */
export async function forgetAnswersAbout(
  tx: Queryable,
  tenantId: string,
  contents: readonly string[],
): Promise<void> {
  await tx.query(
    `DELETE FROM known_answers USING questions, unnest($2::text[]) AS content (hex)
     WHERE known_answers.sha256 = decode(content.hex, 'hex')
       AND questions.id = known_answers.question_id AND questions.tenant_id = $1`,
    [tenantId, contents],
  );
}

/** Rows of one statement: a sweep stays short however much is old. */
const STEP = 5_000;

/**
 * Input: days that an answer stays known. Output: true when older ones may be left, so that the caller comes again.
 * Questions that nobody asked for as long go with their last answer.
 */
export async function forgetOldAnswers(db: Queryable, days: number): Promise<boolean> {
  const rows = await db.query(
    `DELETE FROM known_answers WHERE ctid = ANY (ARRAY(
       SELECT ctid FROM known_answers WHERE known_at < now() - $1 * interval '1 day'
       LIMIT ${STEP} FOR UPDATE SKIP LOCKED))
     RETURNING 1`,
    [days],
  );
  if (rows.length === STEP) return true;
  await db.query(`DELETE FROM questions WHERE used_at < now() - $1 * interval '1 day'`, [days]);
  return false;
}
