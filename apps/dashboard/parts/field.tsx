import { useId, type ReactNode } from 'react';

/** What the API has against what was typed or chosen. */
export interface FieldFault {
  readonly code: string;
  readonly detail: string;
}

/** What the input or select of a field takes, so that its name, hint and fault are read out with it. */
export interface FieldProps {
  readonly id: string;
  readonly 'aria-describedby': string | undefined;
  readonly 'aria-invalid': boolean;
}

interface Props {
  readonly label: string;
  readonly hint?: ReactNode;
  readonly fault?: FieldFault | undefined;
  readonly children: (props: FieldProps) => ReactNode;
}

/** Something to type or to choose, with what is wrong with it and what it is below. */
export function Field({ label, hint, fault, children }: Props) {
  const id = useId();
  const [hintId, faultId] = [`${id}hint`, `${id}fault`];
  const described = [fault && faultId, hint !== undefined && hintId].filter(Boolean).join(' ');
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({
        id,
        'aria-describedby': described === '' ? undefined : described,
        'aria-invalid': fault !== undefined,
      })}
      {fault && (
        <p id={faultId} className="form-error" role="alert">
          {fault.detail} <code>{fault.code}</code>
        </p>
      )}
      {hint !== undefined && (
        <p id={hintId} className="quiet">
          {hint}
        </p>
      )}
    </div>
  );
}
