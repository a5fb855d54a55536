import { useEffect, useRef, type ReactNode } from 'react';
import { Failure } from './failure';

interface Props {
  /** What sending it does. */
  readonly action: { readonly error: Error | null; readonly isPending: boolean };
  /** On the button that sends it. */
  readonly yes: string;
  readonly onSubmit: () => void;
  readonly onLeave: () => void;
  readonly isComplete?: boolean;
  /** The fields say what is wrong with them, so it is not said once more below. */
  readonly isExplained?: boolean;
  readonly children: ReactNode;
}

/** Fields in a sheet, or on a page of their own. What is refused stays as it was typed, and the first field that it concerns has the focus. */
export function SheetForm({ action, yes, onSubmit, onLeave, children, ...rest }: Props) {
  const { isComplete = true, isExplained = false } = rest;
  const { error, isPending } = action;
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (error) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [error]);
  return (
    <form
      ref={form}
      className="fields"
      onSubmit={(event) => {
        event.preventDefault();
        if (!isPending) onSubmit();
      }}
    >
      {children}
      {error && !isExplained && <Failure error={error} />}
      <div className="actions">
        <button type="button" className="button" onClick={onLeave}>
          Leave it
        </button>
        {/* Not `disabled` while it is sent: the focus would be lost, and with it the place where to go on. */}
        <button
          type="submit"
          className="button primary"
          disabled={!isComplete}
          aria-disabled={isPending}
        >
          {yes}
        </button>
      </div>
    </form>
  );
}
