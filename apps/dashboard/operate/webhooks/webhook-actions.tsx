import { useNavigate } from '@tanstack/react-router';
import { Send } from 'lucide-react';
import type { Webhook } from '#contracts';
import { useMayWrite } from '../../client/session';
import { useRemoveWebhook, useTestWebhook, useUpdateWebhook } from '../../client/webhooks';
import { ConfirmButton } from '../../parts/confirm-button';
import { Failure } from '../../parts/failure';
import { EditButton } from './edit-button';
import { RecoverButton } from './recover-button';
import { RotateButton } from './rotate-button';

export function WebhookActions({ webhook }: { readonly webhook: Webhook }) {
  const mayWrite = useMayWrite();
  const test = useTestWebhook(webhook.id);
  const update = useUpdateWebhook(webhook.id);
  if (!mayWrite) return null;
  const isEnabled = webhook.state === 'enabled';
  const error = test.error ?? update.error;
  return (
    <>
      <div className="actions">
        {isEnabled && (
          <button
            type="button"
            className="button"
            disabled={test.isPending}
            onClick={() => test.mutate()}
          >
            <Send size={14} aria-hidden="true" /> Send a test
          </button>
        )}
        {isEnabled && <RecoverButton webhook={webhook} />}
        <EditButton webhook={webhook} />
        <RotateButton webhook={webhook} />
        <button
          type="button"
          className="button"
          disabled={update.isPending}
          onClick={() => update.mutate({ state: isEnabled ? 'disabled' : 'enabled' })}
        >
          {isEnabled ? 'Disable' : 'Enable'}
        </button>
        <DeleteButton webhook={webhook} />
      </div>
      {error && <Failure error={error} />}
    </>
  );
}

function DeleteButton({ webhook }: { readonly webhook: Webhook }) {
  const navigate = useNavigate();
  const remove = useRemoveWebhook(webhook.id);
  return (
    <ConfirmButton
      label="Delete"
      title="Delete this webhook?"
      no="Keep it"
      yes="Delete the webhook"
      action={remove}
      onDone={() => void navigate({ to: '/operate/webhooks' })}
    >
      <p>
        <code>{webhook.url}</code> is told of nothing any more, and the log of what was sent to it
        goes too. This cannot be undone; to stop it for a while, disable it.
      </p>
    </ConfirmButton>
  );
}
