import { useState } from 'react';
import type { Answer, CorrectedBox, Correction, Job, Task } from '#contracts';
import { useCorrect } from '../client/corrections';
import { Failure } from '../parts/failure';
import { draftOf, type Size } from './box-draft';
import { BoxFields } from './box-fields';

/** An answer, and what was said of it. */
export interface Correctable {
  readonly job: Job;
  readonly n: number;
  readonly answer: Answer;
  readonly task: Task | undefined;
  readonly size: Size;
  /** What was said last, to go on from. */
  readonly correction: Correction | undefined;
}

interface Props extends Correctable {
  /** Boxes as they are being corrected, for the picture. */
  readonly onDraft: (boxes: readonly CorrectedBox[]) => void;
  readonly onClose: () => void;
}

/** Whether the right answer is boxes: it was, or what was asked for are some. */
export const hasBoxes = (answer: Answer, task: Task | undefined): boolean =>
  answer.boxes.length > 0 || task?.type === 'detect' || task?.type === 'segment';

export function CorrectionForm(props: Props) {
  const { job, n, answer, task, size, correction, onDraft, onClose } = props;
  const [text, setText] = useState(correction?.text ?? answer.text);
  const [boxes, setBoxes] = useState(correction?.boxes ?? draftOf(answer.boxes));
  const correct = useCorrect(job.id, n);
  const isBoxes = hasBoxes(answer, task);
  const change = (next: readonly CorrectedBox[]): void => {
    setBoxes([...next]);
    onDraft(next);
  };
  const body = { n, task: answer.task, ...(isBoxes ? { boxes: [...boxes] } : { text }) };
  return (
    <form
      className="correction-form"
      aria-label="Correct this answer"
      onSubmit={(event) => {
        event.preventDefault();
        correct.mutate(body, { onSuccess: onClose });
      }}
    >
      {isBoxes ? (
        <BoxFields boxes={boxes} size={size} label={labelOf(task)} onChange={change} />
      ) : (
        <textarea
          aria-label="The right answer"
          rows={3}
          maxLength={10_000}
          required
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      )}
      {correct.error && <Failure error={correct.error} />}
      <div className="actions">
        <button
          type="submit"
          className="button primary"
          disabled={correct.isPending || (isBoxes && boxes.length === 0)}
        >
          Save the correction
        </button>
        <button type="button" className="button" onClick={onClose}>
          Leave it
        </button>
      </div>
    </form>
  );
}

function labelOf(task: Task | undefined): string {
  if (task?.type === 'detect') return task.labels[0]!;
  return task?.type === 'segment' ? task.label : 'thing';
}
