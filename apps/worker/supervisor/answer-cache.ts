import type { Task } from '#contracts';
import {
  findKnownAnswers,
  knownKey,
  numberQuestions,
  type AskedQuestion,
  type Database,
  type KnownAnswer,
  type Lease,
  type QuestionId,
} from '#database';

/** Tasks whose numbers are kept at hand, and for how long: the sweep takes questions that nobody asks for. */
const MOST_NUMBERS = 10_000;
const NUMBERS_KEPT_MS = 3_600_000;

/** What is known of a part's contents, and under which numbers new answers will be. */
export interface Knowledge {
  /** By number of the task; null: never known. */
  readonly questions: readonly QuestionId[];
  /** By content, then by number of the task. */
  readonly answers: ReadonlyMap<string, ReadonlyMap<number, KnownAnswer>>;
}

const NOTHING: Knowledge = { questions: [], answers: new Map() };

/**
 * The worker's way to known answers. Nothing here is needed for correctness: what cannot be looked up is computed.
 */
export class AnswerCache {
  readonly #numbers = new Map<string, { readonly at: number; readonly id: QuestionId }>();

  constructor(
    private readonly database: Database,
    private readonly model: string,
    /** Undefined: the engine does not say, or the operator wants no cache. */
    private readonly revision: string | undefined,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  /**
   * Input: a lease in parts of items that are asked the same. Output: what is known about each part, in their order;
   * nothing if the job wants none, or Postgres does not say. Two statements at most, however many parts there are.
   */
  async recall(parts: readonly Lease[]): Promise<Knowledge[]> {
    const [first] = parts;
    if (first === undefined || !first.cache || this.revision === undefined) {
      return parts.map(() => NOTHING);
    }
    try {
      const { tenantId } = first;
      const numbers = await this.#numbersOf(tenantId, this.revision, parts);
      const questions = parts.map(({ tasks }) =>
        tasks.map((task) => numbers.get(numberKey(tenantId, task)) ?? null),
      );
      const asked = parts.flatMap((part, at) => askedOf(part, questions[at]!));
      const known = await findKnownAnswers(this.database, asked);
      return parts.map((part, at) => knowledgeOf(part, questions[at]!, known));
    } catch (error) {
      this.onFailure(error);
      return parts.map(() => NOTHING);
    }
  }

  /** The number of every task of the parts, by `numberKey`. */
  async #numbersOf(
    tenantId: string,
    revision: string,
    parts: readonly Lease[],
  ): Promise<Map<string, QuestionId>> {
    if (this.#numbers.size >= MOST_NUMBERS) this.#numbers.clear();
    const numbers = new Map<string, QuestionId>();
    const missing = new Map<string, Task>();
    for (const task of parts.flatMap((part) => part.tasks)) {
      const key = numberKey(tenantId, task);
      const kept = this.#numbers.get(key);
      if (kept === undefined || performance.now() - kept.at >= NUMBERS_KEPT_MS)
        missing.set(key, task);
      else numbers.set(key, kept.id);
    }
    if (missing.size === 0) return numbers;
    const tasks = [...missing.values()];
    const asking = { tenantId, model: this.model, revision, tasks };
    const ids = await numberQuestions(this.database, asking);
    [...missing.keys()].forEach((key, at) => {
      numbers.set(key, ids[at]!);
      this.#numbers.set(key, { at: performance.now(), id: ids[at]! });
    });
    return numbers;
  }
}

const numberKey = (tenantId: string, task: Task): string => `${tenantId} ${JSON.stringify(task)}`;

const contentsOf = (part: Lease): string[] => [...new Set(part.items.map((item) => item.sha256))];

function askedOf(part: Lease, questions: readonly QuestionId[]): AskedQuestion[] {
  const asked = questions.filter((question) => question !== null);
  return contentsOf(part).flatMap((sha256) => asked.map((question) => ({ sha256, question })));
}

function knowledgeOf(
  part: Lease,
  questions: readonly QuestionId[],
  known: ReadonlyMap<string, KnownAnswer>,
): Knowledge {
  const answers = new Map<string, Map<number, KnownAnswer>>();
  for (const sha256 of contentsOf(part)) {
    const ofContent = new Map<number, KnownAnswer>();
    questions.forEach((question, task) => {
      const found = question === null ? undefined : known.get(knownKey({ sha256, question }));
      if (found === undefined) return;
      ofContent.set(task, { ...found, answer: { ...found.answer, task } });
    });
    if (ofContent.size > 0) answers.set(sha256, ofContent);
  }
  return { questions, answers };
}
