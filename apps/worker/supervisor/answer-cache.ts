import type { Task } from '#contracts';
import {
  findKnownAnswers,
  numberQuestions,
  type Database,
  type KnownAnswer,
  type Lease,
  type QuestionId,
} from '#database';

/** Lists of tasks whose numbers are kept at hand, and for how long: the sweep takes questions that nobody asks for. */
const MOST_LISTS = 1_000;
const NUMBERS_KEPT_MS = 3_600_000;

/** What is known of a shard's contents, and under which numbers new answers will be. */
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
  readonly #numbers = new Map<
    string,
    { readonly at: number; readonly ids: readonly QuestionId[] }
  >();

  constructor(
    private readonly database: Database,
    private readonly model: string,
    /** Undefined: the engine does not say, or the operator wants no cache. */
    private readonly revision: string | undefined,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  /** Output: what is known about the items of the lease; nothing if its job wants none, or Postgres does not say. */
  async recall(lease: Lease): Promise<Knowledge> {
    if (!lease.cache || this.revision === undefined) return NOTHING;
    try {
      const questions = await this.#numbersOf(lease.tenantId, this.revision, lease.tasks);
      const contents = [...new Set(lease.items.map((item) => item.sha256))];
      return { questions, answers: await findKnownAnswers(this.database, questions, contents) };
    } catch (error) {
      this.onFailure(error);
      return NOTHING;
    }
  }

  async #numbersOf(
    tenantId: string,
    revision: string,
    tasks: readonly Task[],
  ): Promise<readonly QuestionId[]> {
    const list = `${tenantId} ${JSON.stringify(tasks)}`;
    const kept = this.#numbers.get(list);
    if (kept !== undefined && Date.now() - kept.at < NUMBERS_KEPT_MS) return kept.ids;
    const asking = { tenantId, model: this.model, revision, tasks };
    const ids = await numberQuestions(this.database, asking);
    if (this.#numbers.size >= MOST_LISTS) this.#numbers.clear();
    this.#numbers.set(list, { at: Date.now(), ids });
    return ids;
  }
}
