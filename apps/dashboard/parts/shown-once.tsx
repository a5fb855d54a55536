import { CopyButton } from './copy-button';

interface Props {
  /** `key`, `secret`. */
  readonly what: string;
  readonly text: string;
  readonly onDone: () => void;
}

/** What nobody can be told a second time. */
export function ShownOnce({ what, text, onDone }: Props) {
  return (
    <>
      <p role="status">This is the {what}. It is shown this once: put it where you keep such.</p>
      <p className="once">
        <code>{text}</code>
        <CopyButton text={text} what={`the ${what}`} />
      </p>
      <div className="actions">
        <button type="button" className="button primary" onClick={onDone}>
          I have it
        </button>
      </div>
    </>
  );
}
