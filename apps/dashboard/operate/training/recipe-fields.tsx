import { Field, type FieldFault } from '../../parts/field';
import { DEFAULTS, METHOD_NAMES, METHODS, PRECISIONS, type RunDraft } from './run-draft';
import type { Pointer, RunFaults } from './run-faults';

interface Props {
  readonly draft: RunDraft;
  /** Batch size where none is typed. */
  readonly batch: number;
  readonly faults: RunFaults['fields'];
  readonly onChange: (changed: Partial<RunDraft>) => void;
}

/** How it learns. All but the method may stay empty. */
export function RecipeFields({ draft, batch, faults, onChange }: Props) {
  const usual = {
    ...DEFAULTS,
    batch_size: batch,
    learning_rate: DEFAULTS.learning_rate[draft.method],
  };
  const number = (name: NumberName, label: string, what: string, pointer: Pointer) => (
    <NumberField
      {...{ draft, name, label, what, onChange }}
      fallback={usual[name]}
      fault={faults[pointer]}
    />
  );
  return (
    <>
      <Field label="Method" hint={METHODS[draft.method].does}>
        {(props) => (
          <select
            {...props}
            value={draft.method}
            onChange={({ target }) => {
              const method = METHOD_NAMES.find((name) => name === target.value);
              if (method !== undefined) onChange({ method });
            }}
          >
            {METHOD_NAMES.map((name) => (
              <option key={name} value={name}>
                {METHODS[name].title}
              </option>
            ))}
          </select>
        )}
      </Field>
      <div className="field-grid">
        {draft.method === 'lora' && number('rank', 'Rank', 'Size of the adapter.', '/method/rank')}
        {number('epochs', 'Epochs', 'Passes over the examples.', '/hyperparameters/epochs')}
        {number(
          'batch_size',
          'Batch size',
          'Examples at once, of those that there are.',
          '/hyperparameters/batch_size',
        )}
        {number('learning_rate', 'Learning rate', 'The highest.', '/hyperparameters/learning_rate')}
        {number(
          'text_tokens',
          'Tokens of a line',
          'Prompt and answer together.',
          '/hyperparameters/text_tokens',
        )}
        <Field
          label="Precision"
          hint="Of the resulting model. Default: int8"
          fault={faults['/precision']}
        >
          {(props) => (
            <select
              {...props}
              value={draft.precision}
              onChange={({ target }) => {
                const precision = PRECISIONS.find((name) => name === target.value);
                if (precision !== undefined) onChange({ precision });
              }}
            >
              {PRECISIONS.map((name) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          )}
        </Field>
      </div>
    </>
  );
}

type NumberName = 'rank' | 'epochs' | 'batch_size' | 'learning_rate' | 'text_tokens';

interface NumberProps {
  readonly draft: RunDraft;
  readonly name: NumberName;
  readonly label: string;
  readonly what: string;
  readonly fallback: number;
  readonly fault: FieldFault | undefined;
  readonly onChange: (changed: Partial<RunDraft>) => void;
}

function NumberField({ draft, name, label, what, fallback, fault, onChange }: NumberProps) {
  // `String` would write the smaller learning rate as 1e-5.
  const shown = fallback.toLocaleString('en', { maximumFractionDigits: 6, useGrouping: false });
  return (
    <Field label={label} hint={`${what} Default: ${shown}`} fault={fault}>
      {(props) => (
        <input
          {...props}
          type="text"
          inputMode="decimal"
          autoComplete="off"
          placeholder={shown}
          value={draft[name]}
          onChange={(event) => onChange({ [name]: event.target.value })}
        />
      )}
    </Field>
  );
}
