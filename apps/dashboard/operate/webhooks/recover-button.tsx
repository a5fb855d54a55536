import { useState } from 'react';
import type { Webhook } from '#contracts';
import { useRecover } from '../../client/webhooks';
import { counted } from '../../parts/format';
import { SheetButton } from '../../parts/sheet-button';
import { SheetForm } from '../../parts/sheet-form';
import { localTime } from './local-time';

const DAY_MS = 24 * 60 * 60 * 1000;

export function RecoverButton({ webhook }: { readonly webhook: Webhook }) {
  return (
    <SheetButton label="Recover" title="Send what it missed">
      {(close) => <RecoverForm webhook={webhook} close={close} />}
    </SheetButton>
  );
}

interface FormProps {
  readonly webhook: Webhook;
  readonly close: () => void;
}

function RecoverForm({ webhook, close }: FormProps) {
  const recover = useRecover(webhook.id);
  const [since, setSince] = useState(() => localTime(new Date(Date.now() - DAY_MS)));
  if (recover.data !== undefined) {
    return (
      <>
        <p role="status">{counted(recover.data.deliveries, 'event is', 'events are')} sent now.</p>
        <div className="actions">
          <button type="button" className="button primary" onClick={close}>
            Close
          </button>
        </div>
      </>
    );
  }
  return (
    <SheetForm
      action={recover}
      yes="Send them"
      onSubmit={() => recover.mutate(new Date(since).toISOString())}
      onLeave={close}
    >
      <p>
        Every event since then that it has not acknowledged is sent again, also those from while it
        was off. Events are kept for 30 days.
      </p>
      <label>
        Since
        <input
          type="datetime-local"
          required
          value={since}
          onChange={(event) => setSince(event.target.value)}
        />
      </label>
    </SheetForm>
  );
}
