import { Pencil } from 'lucide-react';
import { useState } from 'react';
import type { CorrectedBox, Correction, Job } from '#contracts';
import { useTakeBack } from '../client/corrections';
import { useMayWrite } from '../client/session';
import { CopyButton } from '../parts/copy-button';
import { Failure } from '../parts/failure';
import { draftOf, pixelsOf, type Size } from './box-draft';
import { CorrectionForm, hasBoxes, type Correctable } from './correction-form';

interface Props extends Correctable {
  /** Undefined: nothing is being corrected. */
  readonly onDraft: (boxes: readonly CorrectedBox[] | undefined) => void;
}

/** Beside an answer: what somebody said that it should have been, and the way to say so. */
export function AnswerCorrection(props: Props) {
  const { job, n, answer, task, size, correction, onDraft } = props;
  const [isOpen, setOpen] = useState(false);
  const mayWrite = useMayWrite();
  const open = (): void => {
    if (hasBoxes(answer, task)) onDraft(correction?.boxes ?? draftOf(answer.boxes));
    setOpen(true);
  };
  const close = (): void => {
    onDraft(undefined);
    setOpen(false);
  };
  return (
    <div className="correction">
      {correction && !isOpen && <Corrected {...{ job, n, correction, size, mayWrite }} />}
      {isOpen && <CorrectionForm {...props} onClose={close} />}
      {mayWrite && !isOpen && (
        <button type="button" className="button small" onClick={open}>
          <Pencil size={13} aria-hidden="true" /> {correction ? 'Correct again' : 'Correct'}
        </button>
      )}
    </div>
  );
}

interface CorrectedProps {
  readonly job: Job;
  readonly n: number;
  readonly correction: Correction;
  readonly size: Size;
  readonly mayWrite: boolean;
}

function Corrected({ job, n, correction, size, mayWrite }: CorrectedProps) {
  const takeBack = useTakeBack(job.id, n);
  const line = JSON.stringify(correction.line);
  return (
    <section aria-label="Corrected" className="corrected">
      <h3>Corrected</h3>
      {correction.text !== null && <p className="answer-text">{correction.text}</p>}
      <ul>
        {(correction.boxes ?? []).map((box, i) => (
          <li key={i}>
            {box.label} <span className="quiet">{pixelsOf(box, size).join(', ')}</span>
          </li>
        ))}
      </ul>
      <div className="training-line">
        <code aria-label="Training line">{line}</code>
        <CopyButton text={line} what="the training line" />
      </div>
      {takeBack.error && <Failure error={takeBack.error} />}
      {mayWrite && (
        <button
          type="button"
          className="button small"
          disabled={takeBack.isPending}
          onClick={() => takeBack.mutate(correction.task)}
        >
          Take it back
        </button>
      )}
    </section>
  );
}
