import {
  useInfiniteQuery,
  useIsMutating,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import type {
  UpdateWebhook,
  Webhook,
  WebhookDelivery,
  WebhookEventType,
  WebhookPage,
  WebhookRecovery,
} from '#contracts';
import { pagesOf } from './pages';
import { request } from './request';

const WEBHOOKS_A_PAGE = 100;
/** No stream tells of webhooks, so they are asked for while somebody looks, milliseconds. */
const LOOK_MS = 10_000;
/** The same of the one whose page is open, which may be switched off any moment. */
const LOOK_AT_ONE_MS = 3_000;

export interface WebhookOrder {
  readonly url: string;
  readonly description?: string;
  readonly events: readonly WebhookEventType[];
  readonly payload: 'thin' | 'full';
}

export const useWebhooks = () =>
  useInfiniteQuery({
    queryKey: ['webhooks'],
    ...pagesOf<WebhookPage>('/v1/webhooks', WEBHOOKS_A_PAGE),
    refetchInterval: LOOK_MS,
  });

export function useWebhook(id: string) {
  const isGoing = useIsGoing(id);
  return useQuery({
    queryKey: ['webhook', id],
    queryFn: ({ signal }) => request<Webhook>(`/v1/webhooks/${id}`, { signal }),
    refetchInterval: isGoing ? false : LOOK_AT_ONE_MS,
  });
}

/** Whether it is being deleted: then what is open of it is asked for no more. */
export const useIsGoing = (id: string): boolean =>
  useIsMutating({ mutationKey: ['remove-webhook', id] }) > 0;

/** Its answer holds the secret, which nothing keeps after whoever asked has gone. */
export function useCreateWebhook() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: WebhookOrder) => request<Webhook>('/v1/webhooks', { method: 'POST', body }),
    gcTime: 0,
    onSuccess: () => client.invalidateQueries({ queryKey: ['webhooks'] }),
  });
}

/** The same of its next secret. Input of the mutation: for how many seconds both sign. */
export function useRotateSecret(id: string) {
  return useMutation({
    mutationFn: (overlap: number) =>
      request<Webhook>(`/v1/webhooks/${id}/rotate`, {
        method: 'POST',
        body: { overlap_seconds: overlap },
      }),
    gcTime: 0,
  });
}

export function useUpdateWebhook(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: UpdateWebhook) =>
      request<Webhook>(`/v1/webhooks/${id}`, { method: 'PATCH', body }),
    onSuccess: async (webhook) => {
      // A look that began before the change would bring back what was there.
      await client.cancelQueries({ queryKey: ['webhook', id] });
      client.setQueryData(['webhook', id], webhook);
    },
    onSettled: () => client.invalidateQueries({ queryKey: ['webhooks'] }),
  });
}

export function useRemoveWebhook(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationKey: ['remove-webhook', id],
    onMutate: () =>
      Promise.all([
        client.cancelQueries({ queryKey: ['webhook', id] }),
        client.cancelQueries({ queryKey: ['deliveries', id] }),
      ]),
    mutationFn: () => request<void>(`/v1/webhooks/${id}`, { method: 'DELETE' }),
    onSuccess: () => void client.invalidateQueries({ queryKey: ['webhooks'] }),
  });
}

export function useTestWebhook(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => request<WebhookDelivery>(`/v1/webhooks/${id}/test`, { method: 'POST' }),
    onSettled: () => client.invalidateQueries({ queryKey: ['deliveries', id] }),
  });
}

/** Sends what was not acknowledged. Input of the mutation: since when, ISO 8601. */
export function useRecover(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (since: string) =>
      request<WebhookRecovery>(`/v1/webhooks/${id}/recover`, { method: 'POST', body: { since } }),
    onSettled: () => client.invalidateQueries({ queryKey: ['deliveries', id] }),
  });
}
