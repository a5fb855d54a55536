import { useState } from 'react';
import { SheetForm } from '../../parts/sheet-form';
import { TextField } from '../../parts/text-field';
import { EventChoice } from './event-choice';
import type { WebhookDraft } from './webhook-draft';
import { webhookFaults } from './webhook-faults';

interface Props {
  /** What sending it does. */
  readonly action: { readonly error: Error | null; readonly isPending: boolean };
  /** What it begins with. */
  readonly draft: WebhookDraft;
  /** On the button that sends it. */
  readonly yes: string;
  readonly onSubmit: (draft: WebhookDraft) => void;
  readonly onLeave: () => void;
}

/** What a webhook is, for one that is made and for one that is there. */
export function WebhookForm({ action, draft: first, yes, onSubmit, onLeave }: Props) {
  const [draft, setDraft] = useState(first);
  const set = (change: Partial<WebhookDraft>): void => setDraft({ ...draft, ...change });
  const faults = webhookFaults(action.error);
  const isFull = draft.payload === 'full';
  return (
    <SheetForm
      action={action}
      yes={yes}
      onSubmit={() => onSubmit(draft)}
      onLeave={onLeave}
      isComplete={draft.events.length > 0}
      isExplained={Object.keys(faults).length > 0}
    >
      <TextField
        label="URL"
        type="url"
        placeholder="https://example.com/hook"
        maxLength={2048}
        value={draft.url}
        onChange={(url) => set({ url })}
        isRequired
        fault={faults.url}
      />
      <TextField
        label="Description"
        placeholder="what it is for"
        maxLength={200}
        value={draft.description}
        onChange={(description) => set({ description })}
        fault={faults.description}
      />
      <EventChoice chosen={draft.events} onChange={(events) => set({ events })} />
      <label className="choice">
        <input
          type="checkbox"
          checked={isFull}
          onChange={() => set({ payload: isFull ? 'thin' : 'full' })}
        />
        Send the whole job, not only what changed
      </label>
    </SheetForm>
  );
}
