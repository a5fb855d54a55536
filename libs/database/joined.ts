import type { Queryable } from './database.js';

/** Of one of them the answer may be on its way while the next questions gather. */
const STATEMENTS_AT_ONCE = 2;
/** Questions of one statement. */
const MOST_QUESTIONS = 500;

interface Batch<Question, Answer> {
  readonly questions: Map<string, Question>;
  readonly answers: Promise<ReadonlyMap<string, Answer>>;
  readonly begin: () => void;
}

/**
 * Answers questions that come at the same moment by one statement. A question joins a statement that has not begun
 * yet, so it never gets an answer from before it was asked; the more are waiting, the cheaper each is.
 */
export class Joined<Question, Answer> {
  readonly #waiting: Batch<Question, Answer>[] = [];
  #running = 0;

  constructor(
    /** Two questions with one key are the same question. */
    private readonly keyOf: (question: Question) => string,
    /** Output: the answers by key; what is not in there has none. */
    private readonly askAll: (
      questions: readonly Question[],
    ) => Promise<ReadonlyMap<string, Answer>>,
  ) {}

  /** Output: undefined when the statement says nothing about it. Errors: those of the statement. */
  async ask(question: Question): Promise<Answer | undefined> {
    const key = this.keyOf(question);
    const batch = this.#open();
    batch.questions.set(key, question);
    return (await batch.answers).get(key);
  }

  #open(): Batch<Question, Answer> {
    const last = this.#waiting.at(-1);
    if (last !== undefined && last.questions.size < MOST_QUESTIONS) return last;
    const batch = this.#newBatch();
    this.#waiting.push(batch);
    // Whatever has been read from the sockets in this turn is asked together.
    setImmediate(() => this.#beginNext());
    return batch;
  }

  #newBatch(): Batch<Question, Answer> {
    const questions = new Map<string, Question>();
    let begin!: () => void;
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const answers = begun
      .then(() => this.askAll([...questions.values()]))
      .finally(() => {
        this.#running -= 1;
        this.#beginNext();
      });
    // Every asker is told; nobody else has to be.
    answers.catch(() => undefined);
    return { questions, answers, begin };
  }

  #beginNext(): void {
    if (this.#running >= STATEMENTS_AT_ONCE) return;
    const batch = this.#waiting.shift();
    if (batch === undefined) return;
    this.#running += 1;
    batch.begin();
  }
}

/**
 * A question to a database that is asked together with others of the same moment, whoever asks them.
 * Input of what comes out: where it is asked, and the question. Errors: those of the statement.
 */
export function joinedQuery<Question, Answer>(
  keyOf: (question: Question) => string,
  askAll: (db: Queryable, questions: readonly Question[]) => Promise<ReadonlyMap<string, Answer>>,
): (db: Queryable, question: Question) => Promise<Answer | undefined> {
  const joined = new WeakMap<Queryable, Joined<Question, Answer>>();
  return (db, question) => {
    let one = joined.get(db);
    if (one === undefined) {
      one = new Joined(keyOf, (questions) => askAll(db, questions));
      joined.set(db, one);
    }
    return one.ask(question);
  };
}
