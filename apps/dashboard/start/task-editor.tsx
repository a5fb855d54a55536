import { X } from 'lucide-react';
import { TASK_KINDS, type TaskDraft } from './task-draft';

interface Props {
  readonly tasks: readonly TaskDraft[];
  readonly onChange: (tasks: readonly TaskDraft[]) => void;
}

export function TaskEditor({ tasks, onChange }: Props) {
  const replace = (at: number, draft: TaskDraft): void =>
    onChange(tasks.map((task, i) => (i === at ? draft : task)));
  return (
    <div className="task-editor">
      <ul>
        {tasks.map((task, i) => {
          const kind = TASK_KINDS.find(({ type }) => type === task.type)!;
          return (
            <li key={i} className="task-draft">
              <strong>{kind.title}</strong>
              {kind.text === undefined ? (
                <span className="quiet">{kind.does}</span>
              ) : (
                <input
                  type="text"
                  aria-label={`${kind.title}: ${kind.text.name}`}
                  placeholder={kind.text.example}
                  value={task.text}
                  onChange={(event) => replace(i, { ...task, text: event.target.value })}
                />
              )}
              <button
                type="button"
                className="icon-button"
                aria-label={`Remove ${kind.title}`}
                onClick={() => onChange(tasks.filter((_, at) => at !== i))}
              >
                <X size={14} aria-hidden="true" />
              </button>
            </li>
          );
        })}
      </ul>
      <div className="kinds" role="group" aria-label="Add a task">
        {TASK_KINDS.map(({ type, title, does }) => (
          <button key={type} type="button" onClick={() => onChange([...tasks, { type, text: '' }])}>
            <strong>+ {title}</strong>
            <span className="quiet">{does}</span>
          </button>
        ))}
      </div>
    </div>
  );
}
