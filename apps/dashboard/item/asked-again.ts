import { useMemo, useState } from 'react';
import type { Answer, Box, ItemResult, Task } from '#contracts';

/** What the model said when its task was changed. */
export interface NewAnswer {
  readonly task: Task;
  readonly answer: Answer;
  /** Whether the picture shows it instead of the job's own answer. */
  readonly isShown: boolean;
}

export interface AskedAgain {
  /** By the number of the job's task. */
  readonly answers: ReadonlyMap<number, NewAnswer>;
  readonly take: (at: number, task: Task, answer: Answer) => void;
  readonly show: (at: number, isShown: boolean) => void;
  /** Of each task the answer that the picture shows. */
  readonly boxes: readonly Box[];
}

/** New answers of one item, beside its old ones, for as long as its page is open. */
export function useAskedAgain(item: ItemResult | null): AskedAgain {
  const [answers, setAnswers] = useState<ReadonlyMap<number, NewAnswer>>(new Map());
  const boxes = useMemo(
    () =>
      item?.answers.flatMap((old) => {
        const now = answers.get(old.task);
        return now?.isShown ? now.answer.boxes : old.boxes;
      }) ?? [],
    [item, answers],
  );
  return {
    answers,
    boxes,
    take: (at, task, answer) =>
      setAnswers((last) => new Map(last).set(at, { task, answer, isShown: true })),
    show: (at, isShown) =>
      setAnswers((last) => {
        const known = last.get(at);
        return known === undefined ? last : new Map(last).set(at, { ...known, isShown });
      }),
  };
}
