import type { Answer, HostResult, Task } from '#contracts';
import type { EndedItem, KnownAnswer, Lease, LeasedItem, RememberedAnswer } from '#database';
import type { Knowledge } from './answer-cache.js';

/** Images of a shard with one content, which is asked once. */
export interface Work {
  readonly item: LeasedItem;
  /** Others with the same content: they end with the answers of `item`. */
  readonly twins: readonly LeasedItem[];
  readonly tasks: readonly Task[];
  /** By number of the task, where new answers are kept. */
  readonly questions: Knowledge['questions'];
  readonly known: ReadonlyMap<number, KnownAnswer>;
}

/** What has to be asked about an image, and what becomes of it. */
export interface Question {
  readonly task: Task;
  /** Number of the task in the lease. */
  readonly index: number;
}

const NONE: ReadonlyMap<number, KnownAnswer> = new Map();

/** The items of a lease, all asked the same, by content. When its job wants no cache, every image is asked for itself. */
export function planWork(lease: Pick<Lease, 'items' | 'tasks'>, knowledge: Knowledge): Work[] {
  const known = (item: LeasedItem) => knowledge.answers.get(item.sha256) ?? NONE;
  const mayShare =
    knowledge.questions.length > 0 && knowledge.questions.every((question) => question !== null);
  const shared = { tasks: lease.tasks, questions: knowledge.questions };
  if (!mayShare) {
    return lease.items.map((item) => ({ ...shared, item, twins: [], known: known(item) }));
  }
  const byContent = new Map<string, LeasedItem[]>();
  for (const item of lease.items) {
    const alike = byContent.get(item.sha256);
    if (alike === undefined) byContent.set(item.sha256, [item]);
    else alike.push(item);
  }
  return [...byContent.values()].map(([item, ...twins]) => ({
    ...shared,
    item: item!,
    twins,
    known: known(item!),
  }));
}

/** The tasks that nobody has answered yet about this content. */
export function openQuestions(tasks: readonly Task[], work: Work): Question[] {
  return tasks.flatMap((task, index) => (work.known.has(index) ? [] : [{ task, index }]));
}

/** Input: a content whose tasks are all known. Output: the end of its item. */
export function endAsKnown(work: Work, attempts: number): EndedItem {
  const [first] = work.known.values();
  return {
    n: work.item.n,
    state: 'succeeded',
    attempts,
    answers: inOrder([...work.known.values()].map(({ answer }) => answer)),
    width: first?.width ?? undefined,
    height: first?.height ?? undefined,
  };
}

/**
 * Input: what the host said to the open questions, in their order; its answers are numbered among them.
 * Output: the item's end, with all answers under the numbers of the lease's tasks.
 */
export function endAsAnswered(
  work: Work,
  asked: readonly Question[],
  result: HostResult,
  run: { attempts: number; fetchMs: number; questions: Knowledge['questions'] },
): EndedItem {
  const { width, height, timings } = result;
  const fresh = result.answers.map((answer): Answer => {
    return { ...answer, task: asked[answer.task]!.index };
  });
  const known = [...work.known.values()].map(({ answer }) => answer);
  return {
    n: work.item.n,
    state: 'succeeded',
    attempts: run.attempts,
    answers: inOrder([...fresh, ...known]),
    width,
    height,
    timings: { fetch_ms: run.fetchMs, ...timings },
    remember: fresh.flatMap(({ task }): RememberedAnswer[] => {
      const question = run.questions[task] ?? null;
      return question === null ? [] : [{ sha256: work.item.sha256, question, task }];
    }),
  };
}

/** Output: the ends of the others with this content; their answers were not computed for them. */
export function endTwins(work: Work, ended: EndedItem): EndedItem[] {
  const answers = ended.answers?.map((answer): Answer => ({ ...answer, cached: true }));
  const { state, attempts, width, height } = ended;
  return work.twins.map(({ n }) => ({ n, state, attempts, answers, width, height }));
}

/** Input: an end whose answers are numbered among the tasks of the lease, and the number of the first of those. */
export function numberInJob(ended: EndedItem, firstTask: number): EndedItem {
  if (firstTask === 0) return ended;
  const shift = <T extends { readonly task: number }>(said: T): T => ({
    ...said,
    task: said.task + firstTask,
  });
  return { ...ended, answers: ended.answers?.map(shift), remember: ended.remember?.map(shift) };
}

const inOrder = (answers: Answer[]): Answer[] => answers.toSorted((a, b) => a.task - b.task);
