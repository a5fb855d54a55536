import { useMutation, useQuery, useQueryClient, type QueryClient } from '@tanstack/react-query';
import type { Session } from '#contracts';
import { SESSION_KEY } from './query-client';
import { request } from './request';

/** A session may end elsewhere while the stream goes on, so it is looked after, milliseconds. */
const LOOK_MS = 15_000;

export const useSession = () =>
  useQuery({
    queryKey: SESSION_KEY,
    queryFn: () => request<Session>('/v1/session'),
    staleTime: 60_000,
    refetchInterval: ({ state }) => (state.data === undefined ? false : LOOK_MS),
  });

/** Whether the reader may see what concerns all tenants: its key has the scope `operate`. */
export const useMayOperate = (): boolean => useSession().data?.scopes.includes('operate') ?? false;

/** Whether the reader may change anything: its key has the scope `write`. */
export const useMayWrite = (): boolean => useSession().data?.scopes.includes('write') ?? false;

export function useSignIn() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (apiKey: string) =>
      request<Session>('/v1/sessions', { method: 'POST', body: { api_key: apiKey } }),
    onSuccess: (session) => {
      forgetAnswers(client);
      client.setQueryData(SESSION_KEY, session);
    },
  });
}

export function useSignOut() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => request<void>('/v1/session', { method: 'DELETE' }),
    onSettled: async () => {
      await client.refetchQueries({ queryKey: SESSION_KEY });
      forgetAnswers(client);
    },
  });
}

/** Whoever signs in next on this page may be somebody else. */
function forgetAnswers(client: QueryClient): void {
  client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== SESSION_KEY[0] });
}
