import { useId } from 'react';

/** What the API has against what was typed. */
export interface FieldFault {
  readonly code: string;
  readonly detail: string;
}

interface Props {
  readonly label: string;
  readonly type?: 'text' | 'url';
  readonly placeholder: string;
  readonly maxLength: number;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly isRequired?: boolean;
  readonly fault?: FieldFault | undefined;
}

/** A line to type in, with what is wrong with it below. */
export function TextField({ label, type = 'text', value, onChange, fault, ...rest }: Props) {
  const { placeholder, maxLength, isRequired = false } = rest;
  const faultId = useId();
  return (
    <div className="field">
      <label>
        {label}
        <input
          type={type}
          required={isRequired}
          maxLength={maxLength}
          placeholder={placeholder}
          value={value}
          onChange={(event) => onChange(event.target.value)}
          aria-invalid={fault !== undefined}
          aria-describedby={fault && faultId}
        />
      </label>
      {fault && (
        <p id={faultId} className="form-error" role="alert">
          {fault.detail} <code>{fault.code}</code>
        </p>
      )}
    </div>
  );
}
