import type { UseMutationResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Failure } from './failure';
import { SheetButton } from './sheet-button';

interface Props {
  readonly label: ReactNode;
  /** A question. */
  readonly title: string;
  /** The answers to it. */
  readonly no: string;
  readonly yes: string;
  readonly action: UseMutationResult<unknown, Error, void>;
  readonly onDone?: () => void;
  /** What cannot be undone. */
  readonly children: ReactNode;
}

/** Asks before it does what cannot be undone, and stays open with the reason when it could not be done. */
export function ConfirmButton({ label, title, no, yes, action, onDone, children }: Props) {
  return (
    <SheetButton label={label} title={title}>
      {(close) => (
        <>
          {children}
          {action.error && <Failure error={action.error} />}
          <div className="actions">
            <button type="button" className="button" onClick={close}>
              {no}
            </button>
            <button
              type="button"
              className="button danger"
              disabled={action.isPending}
              onClick={() =>
                action.mutate(undefined, {
                  onSuccess: () => {
                    close();
                    onDone?.();
                  },
                })
              }
            >
              {yes}
            </button>
          </div>
        </>
      )}
    </SheetButton>
  );
}
