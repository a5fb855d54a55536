import type { ReactNode } from 'react';
import type { Answer, ItemResult, Job, Task } from '#contracts';
import { taskTitle } from '../jobs/task-title';
import { AnswerView } from './answer-view';

interface Props {
  readonly tasks: Job['tasks'];
  readonly item: ItemResult;
  readonly hidden: ReadonlySet<string>;
  /** Without it the labels are no switches. */
  readonly onToggle?: (label: string) => void;
  /** Another answer to the same task, or to a changed one. */
  readonly beside?: (answer: Answer) => ReactNode;
  /** What stands below an answer. */
  readonly below?: (answer: Answer, task: Task | undefined) => ReactNode;
}

export function ItemAnswers({ tasks: asked, item, hidden, onToggle, beside, below }: Props) {
  const tasks = asked === 'own' ? (item.tasks ?? []) : asked;
  return item.answers.map((answer) => {
    const task = tasks[answer.task];
    const other = beside?.(answer);
    const view = <AnswerView answer={answer} hidden={hidden} onToggle={onToggle} />;
    return (
      <section key={answer.task} className="answer">
        <h2>{task === undefined ? answer.prompt : taskTitle(task)}</h2>
        {other === undefined ? (
          view
        ) : (
          <div className="answer-pair">
            <div role="group" aria-label="Before">
              <p className="quiet">before</p>
              {view}
            </div>
            {other}
          </div>
        )}
        {below?.(answer, task)}
      </section>
    );
  });
}
