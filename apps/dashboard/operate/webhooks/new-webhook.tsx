import { Plus } from 'lucide-react';
import { useState } from 'react';
import { useCreateWebhook } from '../../client/webhooks';
import { Failure } from '../../parts/failure';
import { SheetButton } from '../../parts/sheet-button';
import { ShownOnce } from '../../parts/shown-once';
import { EventChoice, USUAL_EVENTS } from './event-choice';

export function NewWebhook() {
  return (
    <SheetButton
      className="button primary"
      label={
        <>
          <Plus size={14} aria-hidden="true" /> New webhook
        </>
      }
      title="New webhook"
    >
      {(close) => <NewWebhookForm close={close} />}
    </SheetButton>
  );
}

function NewWebhookForm({ close }: { readonly close: () => void }) {
  const create = useCreateWebhook();
  const [url, setUrl] = useState('');
  const [description, setDescription] = useState('');
  const [events, setEvents] = useState(USUAL_EVENTS);
  const [isFull, setFull] = useState(false);
  if (create.data?.secret !== undefined) {
    return <ShownOnce what="secret" text={create.data.secret} onDone={close} />;
  }
  const make = (): void =>
    create.mutate({
      url,
      events,
      payload: isFull ? 'full' : 'thin',
      ...(description.trim() === '' ? {} : { description }),
    });
  return (
    <form
      className="fields"
      onSubmit={(event) => {
        event.preventDefault();
        make();
      }}
    >
      <TextField label="URL" type="url" value={url} onChange={setUrl} isRequired />
      <TextField label="Description" type="text" value={description} onChange={setDescription} />
      <EventChoice chosen={events} onChange={setEvents} />
      <label className="choice">
        <input type="checkbox" checked={isFull} onChange={() => setFull(!isFull)} />
        Send the whole job, not only what changed
      </label>
      {create.error && <Failure error={create.error} />}
      <div className="actions">
        <button type="button" className="button" onClick={close}>
          Leave it
        </button>
        <button
          type="submit"
          className="button primary"
          disabled={create.isPending || events.length === 0}
        >
          Make the webhook
        </button>
      </div>
    </form>
  );
}

interface FieldProps {
  readonly label: string;
  readonly type: 'url' | 'text';
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly isRequired?: boolean;
}

function TextField({ label, type, value, onChange, isRequired = false }: FieldProps) {
  return (
    <label>
      {label}
      <input
        type={type}
        required={isRequired}
        maxLength={type === 'url' ? 2048 : 200}
        placeholder={type === 'url' ? 'https://example.com/hook' : 'what it is for'}
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
    </label>
  );
}
