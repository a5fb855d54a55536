import { Field, type FieldFault } from './field';

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

/** A line to type in. */
export function TextField({ label, type = 'text', value, onChange, fault, ...rest }: Props) {
  const { placeholder, maxLength, isRequired = false } = rest;
  return (
    <Field label={label} fault={fault}>
      {(props) => (
        <input
          {...props}
          type={type}
          required={isRequired}
          maxLength={maxLength}
          placeholder={placeholder}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}
