import { taskTitle } from '../jobs/task-title';
import { AnswerView } from './answer-view';
import type { NewAnswer } from './asked-again';

interface Props {
  readonly now: NewAnswer;
  readonly hidden: ReadonlySet<string>;
  readonly onToggle: (label: string) => void;
  readonly onShow: (isShown: boolean) => void;
}

const CHOICES = [
  [false, 'before'],
  [true, 'now'],
] as const;

/** The answer to a changed task, and which of the two the picture shows. */
export function NewAnswerView({ now, hidden, onToggle, onShow }: Props) {
  const title = taskTitle(now.task);
  return (
    <div role="group" aria-label="Now">
      <p className="quiet" role="status">
        now: {title}
      </p>
      <AnswerView answer={now.answer} hidden={hidden} onToggle={onToggle} />
      <div className="choices" role="group" aria-label="On the picture">
        {CHOICES.map(([isNew, name]) => (
          <button
            key={name}
            type="button"
            aria-pressed={now.isShown === isNew}
            onClick={() => onShow(isNew)}
          >
            {name}
          </button>
        ))}
      </div>
    </div>
  );
}
