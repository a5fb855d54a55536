import { Fragment, useEffect, useId, useRef, useState, type ReactNode } from 'react';

interface Props {
  /** On the button that opens it. */
  readonly label: ReactNode;
  readonly title: string;
  readonly className?: string;
  readonly disabled?: boolean;
  /** What is in it. It is there only while the sheet is open, and so begins anew each time. */
  readonly children: (close: () => void) => ReactNode;
}

/** A button that opens a dialog; the focus returns to it afterwards. */
export function SheetButton({ label, title, className = 'button', disabled, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [isOpen, setOpen] = useState(false);
  const [turn, setTurn] = useState(0);
  const titleId = useId();
  useEffect(() => {
    if (isOpen && dialog.current?.open === false) dialog.current.showModal();
  }, [isOpen, turn]);
  const open = (): void => {
    setOpen(true);
    setTurn((last) => last + 1);
  };
  return (
    <>
      <button type="button" className={className} disabled={disabled} onClick={open}>
        {label}
      </button>
      <dialog
        ref={dialog}
        className="sheet"
        aria-labelledby={titleId}
        // Told after the focus is back: who was quick has opened it again by then.
        onClose={() => setOpen(dialog.current?.open === true)}
      >
        <h2 id={titleId}>{title}</h2>
        {isOpen && <Fragment key={turn}>{children(() => dialog.current?.close())}</Fragment>}
      </dialog>
    </>
  );
}
