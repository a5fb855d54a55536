import { Link, useParams } from '@tanstack/react-router';
import { useEffect } from 'react';
import type { Webhook } from '#contracts';
import { useWebhook } from '../../client/webhooks';
import { Age } from '../../parts/age';
import { CopyButton } from '../../parts/copy-button';
import { Failure } from '../../parts/failure';
import { DeliveryList } from './delivery-list';
import { WebhookActions } from './webhook-actions';
import { HealthBanner, WebhookState } from './webhook-state';

export function WebhookPage() {
  const { webhookId } = useParams({ from: '/operate/webhooks/$webhookId' });
  const webhook = useWebhook(webhookId);
  const url = webhook.data?.url;
  useEffect(() => {
    document.title = `${url ?? 'Webhook'} · Pallet`;
  }, [url]);
  if (webhook.data === undefined) {
    if (webhook.error === null) return <div className="blank" aria-busy="true" />;
    return <Failure error={webhook.error} retry={() => void webhook.refetch()} />;
  }
  return <WebhookView webhook={webhook.data} />;
}

function WebhookView({ webhook }: { readonly webhook: Webhook }) {
  return (
    <>
      <section aria-labelledby="webhook">
        <p className="quiet">
          <Link to="/operate/webhooks">All webhooks</Link>
        </p>
        <div className="page-head">
          <h2 id="webhook" className="subject">
            {webhook.url}
          </h2>
          <WebhookState webhook={webhook} />
        </div>
        <HealthBanner webhook={webhook} />
        <WebhookActions webhook={webhook} />
        <Facts webhook={webhook} />
      </section>
      <DeliveryList webhook={webhook} />
    </>
  );
}

function Facts({ webhook }: { readonly webhook: Webhook }) {
  return (
    <dl className="facts">
      {webhook.description !== null && (
        <>
          <dt>Description</dt>
          <dd>{webhook.description}</dd>
        </>
      )}
      <dt>Id</dt>
      <dd>
        <code>{webhook.id}</code> <CopyButton text={webhook.id} what="the id of the webhook" />
      </dd>
      <dt>Told of</dt>
      <dd>{webhook.events.join(', ')}</dd>
      <dt>By</dt>
      <dd>
        {webhook.scope === 'all' ? 'everything of this tenant' : 'jobs that name it'},{' '}
        {webhook.payload === 'full' ? 'with the whole job' : 'with what changed'}
      </dd>
      <dt>Made</dt>
      <dd>
        <Age of={webhook.created_at} />
      </dd>
    </dl>
  );
}
