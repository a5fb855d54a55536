import {
  keepPreviousData,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import type {
  WebhookDelivery,
  WebhookDeliveryLog,
  WebhookDeliveryPage,
  WebhookDeliveryState,
} from '#contracts';
import { pagesOf } from './pages';
import { request } from './request';
import { useIsGoing } from './webhooks';

const DELIVERIES_A_PAGE = 50;
/** No stream tells of deliveries, so they are asked for while somebody looks, milliseconds. */
const LOOK_MS = 5_000;
/** The same while one of them is under way. */
const UNDER_WAY_MS = 1_000;
/** One that is due within so long is under way. */
const SOON_MS = 10_000;

export function useDeliveries(webhook: string, state: WebhookDeliveryState | undefined) {
  const isGoing = useIsGoing(webhook);
  return useInfiniteQuery({
    queryKey: ['deliveries', webhook, state],
    ...pagesOf<WebhookDeliveryPage>(
      `/v1/webhooks/${webhook}/deliveries`,
      DELIVERIES_A_PAGE,
      state && { state },
    ),
    refetchInterval: ({ state: { data } }) => {
      if (isGoing) return false;
      return data?.pages[0]?.data.some(isUnderWay) ? UNDER_WAY_MS : LOOK_MS;
    },
  });
}

const isUnderWay = ({ state, next_attempt_at: next }: WebhookDelivery): boolean =>
  state === 'pending' && next !== null && Date.parse(next) - Date.now() < SOON_MS;

/** With its attempts: asked for again when the list says that there was one more. */
export const useDeliveryLog = ({ webhook, id, attempts, state }: WebhookDelivery) =>
  useQuery({
    queryKey: ['delivery', webhook, id, attempts, state],
    queryFn: ({ signal }) =>
      request<WebhookDeliveryLog>(`/v1/webhooks/${webhook}/deliveries/${id}`, { signal }),
    placeholderData: keepPreviousData,
  });

export function useResend({ webhook, id }: WebhookDelivery) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () =>
      request<WebhookDelivery>(`/v1/webhooks/${webhook}/deliveries/${id}/resend`, {
        method: 'POST',
      }),
    onSettled: () => client.invalidateQueries({ queryKey: ['deliveries', webhook] }),
  });
}
