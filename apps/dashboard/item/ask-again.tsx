import { RefreshCw } from 'lucide-react';
import { useState } from 'react';
import type { Answer, Job, Task } from '#contracts';
import { useAskAgain } from '../client/ask-again';
import { useMayWrite } from '../client/session';
import { Failure } from '../parts/failure';
import { changedTask, draftOfTask, TASK_KINDS, type TaskType } from '../start/task-draft';

interface Props {
  readonly job: Job;
  readonly n: number;
  readonly answer: Answer;
  readonly task: Task;
  readonly onAnswer: (task: Task, answer: Answer) => void;
}

/** Below an answer: its prompt to be changed, and asked again about this image alone. */
export function AskAgain(props: Props) {
  const [isOpen, setOpen] = useState(false);
  if (!useMayWrite()) return null;
  if (isOpen) return <AskAgainForm {...props} onClose={() => setOpen(false)} />;
  return (
    <button type="button" className="button small" onClick={() => setOpen(true)}>
      <RefreshCw size={13} aria-hidden="true" /> Change and ask again
    </button>
  );
}

function AskAgainForm({
  job,
  n,
  answer,
  task,
  onAnswer,
  onClose,
}: Props & { onClose: () => void }) {
  const [draft, setDraft] = useState(() => draftOfTask(task));
  const ask = useAskAgain(job, n);
  const changed = changedTask(task, draft);
  const submit = (): void => {
    if (changed === undefined) return;
    ask.mutate(changed, {
      onSuccess: (item) => {
        const [found] = item?.answers ?? [];
        if (found !== undefined) onAnswer(changed, found);
      },
    });
  };
  // Whoever changes the kind to a prompt of their own goes on from what the model was asked.
  const choose = (type: TaskType): void =>
    setDraft(({ text }) => ({ type, text: type === 'prompt' ? answer.prompt : text }));
  return (
    <form
      className="ask-again"
      aria-label="Ask again"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <DraftFields
        type={draft.type}
        text={draft.text}
        onType={choose}
        onText={(text) => setDraft({ ...draft, text })}
      />
      {ask.error && <Failure error={ask.error} />}
      {ask.isSuccess && ask.data?.answers.length !== 1 && (
        <p className="form-error" role="alert">
          {ask.data?.error?.detail ?? 'No answer came in time: is there a worker for its model?'}
        </p>
      )}
      <div className="actions">
        <button
          type="submit"
          className="button primary"
          disabled={changed === undefined || ask.isPending}
        >
          {ask.isPending ? 'Asking …' : 'Ask again'}
        </button>
        <button type="button" className="button" onClick={onClose}>
          Close
        </button>
      </div>
    </form>
  );
}

interface FieldProps {
  readonly type: TaskType;
  readonly text: string;
  readonly onType: (type: TaskType) => void;
  readonly onText: (text: string) => void;
}

function DraftFields({ type, text, onType, onText }: FieldProps) {
  const kind = TASK_KINDS.find((known) => known.type === type)!;
  return (
    <>
      <select
        aria-label="Kind of task"
        value={type}
        onChange={(event) => onType(event.target.value as TaskType)}
      >
        {TASK_KINDS.map(({ type: value, title }) => (
          <option key={value} value={value}>
            {title}
          </option>
        ))}
      </select>
      {kind.text === undefined ? (
        <span className="quiet">{kind.does}</span>
      ) : (
        <input
          type="text"
          aria-label={kind.text.name}
          placeholder={kind.text.example}
          maxLength={2000}
          value={text}
          onChange={(event) => onText(event.target.value)}
        />
      )}
    </>
  );
}
