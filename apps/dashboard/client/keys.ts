import {
  keepPreviousData,
  useInfiniteQuery,
  useMutation,
  useQueryClient,
} from '@tanstack/react-query';
import type { CreateKey, Key, KeyPage } from '#contracts';
import { request } from './request';

const KEYS_A_PAGE = 100;
/** No stream tells of keys, so they are asked for while somebody looks, milliseconds. */
const LOOK_MS = 15_000;

export const useKeys = () =>
  useInfiniteQuery({
    queryKey: ['keys'],
    queryFn: ({ pageParam, signal }) => {
      const query = new URLSearchParams({ limit: String(KEYS_A_PAGE) });
      if (pageParam !== null) query.set('cursor', pageParam);
      return request<KeyPage>(`/v1/api-keys?${query}`, { signal });
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: keepPreviousData,
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
