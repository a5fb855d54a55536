import { useState } from 'react';
import type { Webhook } from '#contracts';
import { useRotateSecret } from '../../client/webhooks';
import { SheetButton } from '../../parts/sheet-button';
import { SheetForm } from '../../parts/sheet-form';
import { ShownOnce } from '../../parts/shown-once';

const HOUR = 3_600;
/** For how long both secrets sign, seconds. */
const OVERLAPS = [
  [0, 'not at all: the old one leaked'],
  [HOUR, 'an hour'],
  [24 * HOUR, 'a day'],
  [7 * 24 * HOUR, 'a week'],
] as const;
const USUAL = 24 * HOUR;

export function RotateButton({ webhook }: { readonly webhook: Webhook }) {
  return (
    <SheetButton label="Rotate the secret" title="Give it the next secret">
      {(close) => <RotateForm webhook={webhook} close={close} />}
    </SheetButton>
  );
}

interface FormProps {
  readonly webhook: Webhook;
  readonly close: () => void;
}

function RotateForm({ webhook, close }: FormProps) {
  const rotate = useRotateSecret(webhook.id);
  const [overlap, setOverlap] = useState<number>(USUAL);
  if (rotate.data?.secret !== undefined) {
    return <ShownOnce what="next secret" text={rotate.data.secret} onDone={close} />;
  }
  return (
    <SheetForm
      action={rotate}
      yes="Make the next secret"
      onSubmit={() => rotate.mutate(overlap)}
      onLeave={close}
    >
      <label>
        Both secrets sign, for
        <select value={overlap} onChange={(event) => setOverlap(Number(event.target.value))}>
          {OVERLAPS.map(([seconds, text]) => (
            <option key={seconds} value={seconds}>
              {text}
            </option>
          ))}
        </select>
      </label>
    </SheetForm>
  );
}
