import { Link } from '@tanstack/react-router';
import { useEffect } from 'react';
import type { Webhook } from '#contracts';
import { useMayWrite } from '../../client/session';
import { useWebhooks } from '../../client/webhooks';
import { Age } from '../../parts/age';
import { Failure } from '../../parts/failure';
import { counted } from '../../parts/format';
import { MoreButton } from '../../parts/more-button';
import { NewWebhook } from './new-webhook';
import { healthOf, WebhookState } from './webhook-state';

export function WebhooksPage() {
  const webhooks = useWebhooks();
  const mayWrite = useMayWrite();
  useEffect(() => {
    document.title = 'Webhooks · Pallet';
  }, []);
  const rows = webhooks.data?.pages.flatMap((page) => page.data) ?? [];
  const ill = rows.filter((webhook) => ['gone', 'gave up'].includes(healthOf(webhook)));
  return (
    <section aria-labelledby="webhooks">
      <div className="page-head">
        <h2 id="webhooks">Webhooks</h2>
        {mayWrite && <NewWebhook />}
      </div>
      {webhooks.error && <Failure error={webhooks.error} />}
      {ill.length > 0 && (
        <p className="banner" role="note">
          {counted(ill.length, 'webhook was', 'webhooks were')} switched off, because nothing got
          through. Open one to see why, enable it and recover what it missed.
        </p>
      )}
      {webhooks.data && rows.length === 0 && (
        <p className="quiet empty">
          No webhook yet. One is told, by a signed POST, when jobs, sets, exports and trainings end.
        </p>
      )}
      {rows.length > 0 && (
        <ul className="rows" aria-label="Webhooks, newest first">
          {rows.map((webhook) => (
            <WebhookRow key={webhook.id} webhook={webhook} />
          ))}
        </ul>
      )}
      <MoreButton of={webhooks} label="Older webhooks" />
    </section>
  );
}

function WebhookRow({ webhook }: { readonly webhook: Webhook }) {
  return (
    <li className="row open-row webhook-row">
      <div className="row-name">
        <Link
          to="/operate/webhooks/$webhookId"
          params={{ webhookId: webhook.id }}
          search={{}}
          data-row=""
        >
          {webhook.url}
        </Link>
        {webhook.description !== null && <span className="quiet">{webhook.description}</span>}
      </div>
      <WebhookState webhook={webhook} />
      <span className="quiet">
        {counted(webhook.events.length, 'event')}
        {webhook.scope === 'named' && ', of jobs that name it'}
      </span>
      <span className="quiet">
        made <Age of={webhook.created_at} />
      </span>
    </li>
  );
}
