import { Pencil } from 'lucide-react';
import { useState } from 'react';
import type { Webhook } from '#contracts';
import { useUpdateWebhook } from '../../client/webhooks';
import { SheetButton } from '../../parts/sheet-button';
import { changeOf, draftOf, type WebhookDraft } from './webhook-draft';
import { WebhookForm } from './webhook-form';

export function EditButton({ webhook }: { readonly webhook: Webhook }) {
  return (
    <SheetButton
      label={
        <>
          <Pencil size={14} aria-hidden="true" /> Edit
        </>
      }
      title="Edit this webhook"
    >
      {(close) => <EditForm webhook={webhook} close={close} />}
    </SheetButton>
  );
}

interface FormProps {
  readonly webhook: Webhook;
  readonly close: () => void;
}

function EditForm({ webhook, close }: FormProps) {
  const update = useUpdateWebhook(webhook.id);
  // As it was when the sheet was opened: the page asks for it again and again.
  const [before] = useState(() => draftOf(webhook));
  const save = (draft: WebhookDraft): void => {
    const change = changeOf(before, draft);
    if (Object.keys(change).length === 0) close();
    else update.mutate(change, { onSuccess: close });
  };
  return <WebhookForm action={update} draft={before} yes="Save" onSubmit={save} onLeave={close} />;
}
