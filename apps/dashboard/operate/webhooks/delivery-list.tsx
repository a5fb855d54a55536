import { useNavigate, useSearch } from '@tanstack/react-router';
import type { Webhook } from '#contracts';
import { useDeliveries } from '../../client/deliveries';
import { Failure } from '../../parts/failure';
import { MoreButton } from '../../parts/more-button';
import { DeliveryRow } from './delivery-row';
import { DELIVERY_STATES, type WebhookSearch } from './webhook-search';

/** What was sent to a webhook, newest first, one of it open. */
export function DeliveryList({ webhook }: { readonly webhook: Webhook }) {
  const search = useSearch({ from: '/operate/webhooks/$webhookId' });
  const navigate = useNavigate();
  const deliveries = useDeliveries(webhook.id, search.state);
  const set = (change: WebhookSearch): void =>
    void navigate({
      to: '/operate/webhooks/$webhookId',
      params: { webhookId: webhook.id },
      search: { ...search, ...change },
      replace: true,
      resetScroll: false,
    });
  const rows = deliveries.data?.pages.flatMap((page) => page.data) ?? [];
  return (
    <section aria-labelledby="deliveries">
      <div className="page-head">
        <h2 id="deliveries">Deliveries</h2>
        <div className="choices" role="group" aria-label="Show deliveries">
          {[undefined, ...DELIVERY_STATES].map((state) => (
            <button
              key={state ?? 'all'}
              type="button"
              aria-pressed={search.state === state}
              onClick={() => set({ state })}
            >
              {state ?? 'all'}
            </button>
          ))}
        </div>
      </div>
      {deliveries.error && <Failure error={deliveries.error} />}
      {deliveries.data && rows.length === 0 && <p className="quiet empty">Nothing like that.</p>}
      <ul className="rows" aria-label="Deliveries, newest first">
        {rows.map((delivery) => (
          <DeliveryRow
            key={delivery.id}
            delivery={delivery}
            isOpen={search.delivery === delivery.id}
            onOpen={(isOpen) => set({ delivery: isOpen ? delivery.id : undefined })}
            isEnabled={webhook.state === 'enabled'}
          />
        ))}
      </ul>
      <MoreButton of={deliveries} label="Older deliveries" />
    </section>
  );
}
