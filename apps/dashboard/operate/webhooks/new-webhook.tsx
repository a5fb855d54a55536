import { Plus } from 'lucide-react';
import { useCreateWebhook } from '../../client/webhooks';
import { SheetButton } from '../../parts/sheet-button';
import { ShownOnce } from '../../parts/shown-once';
import { USUAL_EVENTS } from './event-choice';
import type { WebhookDraft } from './webhook-draft';
import { WebhookForm } from './webhook-form';

const BLANK: WebhookDraft = { url: '', description: '', events: USUAL_EVENTS, payload: 'thin' };

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
  if (create.data?.secret !== undefined) {
    return <ShownOnce what="secret" text={create.data.secret} onDone={close} />;
  }
  const make = ({ description, ...order }: WebhookDraft): void =>
    create.mutate({ ...order, ...(description.trim() === '' ? {} : { description }) });
  return (
    <WebhookForm
      action={create}
      draft={BLANK}
      yes="Make the webhook"
      onSubmit={make}
      onLeave={close}
    />
  );
}
