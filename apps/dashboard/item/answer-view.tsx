import type { Answer } from '#contracts';
import { counted } from '../parts/format';
import { colourOf } from '../overlay/class-colour';
import { TokenStrip } from './token-strip';

interface Props {
  readonly answer: Answer;
  readonly hidden: ReadonlySet<string>;
  /** Without it the labels are no switches. */
  readonly onToggle?: (label: string) => void;
}

/** One answer: what was said or found, how sure the model was, and every word of it as it wrote them. */
export function AnswerView({ answer, hidden, onToggle }: Props) {
  return (
    <>
      {answer.boxes.length > 0 ? (
        <Boxes answer={answer} hidden={hidden} onToggle={onToggle} />
      ) : (
        <p className="answer-text">{answer.text || 'nothing'}</p>
      )}
      {answer.warnings.map((warning) => (
        <p key={warning} className="warning">
          {warning}
        </p>
      ))}
      <details>
        <summary className="quiet">
          {Math.round(answer.confidence * 100)} % sure · {counted(answer.tokens, 'token')}
          {answer.end_reason !== 'eos' && ` · cut off (${answer.end_reason})`}
          {answer.cached && ' · known answer'}
        </summary>
        <dl className="facts raw">
          <dt>Prompt</dt>
          <dd>
            <code>{answer.prompt}</code>
          </dd>
          <dt>Raw text</dt>
          <dd>
            <code>{answer.raw}</code>
          </dd>
        </dl>
        <TokenStrip answer={answer} />
      </details>
    </>
  );
}

/** The text alternative of the overlay: each thing, how sure, and where. */
function Boxes({ answer, hidden, onToggle }: Props) {
  return (
    <ul className="boxes">
      {answer.boxes.map((box, i) => (
        <li key={i}>
          <button
            type="button"
            aria-pressed={!hidden.has(box.label)}
            disabled={onToggle === undefined}
            onClick={() => onToggle?.(box.label)}
            title={onToggle && 'Show or hide this label'}
          >
            <i style={{ background: colourOf(box.label) }} /> {box.label}
          </button>
          <span>{Math.round(box.confidence * 100)} %</span>
          <span className="quiet">{box.pixels.map((value) => Math.round(value)).join(', ')}</span>
        </li>
      ))}
    </ul>
  );
}
