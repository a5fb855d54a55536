import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import type { CreateKey, Key, KeyPage } from '#contracts';
import { pagesOf } from './pages';
import { request } from './request';

const KEYS_A_PAGE = 100;
/** No stream tells of keys, so they are asked for while somebody looks, milliseconds. */
const LOOK_MS = 15_000;

export const useKeys = () =>
  useInfiniteQuery({
    queryKey: ['keys'],
    ...pagesOf<KeyPage>('/v1/api-keys', KEYS_A_PAGE),
    refetchInterval: LOOK_MS,
  });

/** Its answer holds the key, which nothing keeps after whoever asked has gone. */
export function useCreateKey() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: CreateKey) => request<Key>('/v1/api-keys', { method: 'POST', body }),
    gcTime: 0,
    onSuccess: () => client.invalidateQueries({ queryKey: ['keys'] }),
  });
}

export function useRevokeKey(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => request<Key>(`/v1/api-keys/${id}`, { method: 'DELETE' }),
    onSettled: () => client.invalidateQueries({ queryKey: ['keys'] }),
  });
}
