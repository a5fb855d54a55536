import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import type { ModelPage } from '#contracts';
import { useAskingPace } from './connection';
import { request } from './request';

const MODELS_A_PAGE = 100;

/** Asked for again when the stream tells that others serve them, or that one was trained. */
export const useModels = () =>
  useInfiniteQuery({
    queryKey: ['models', 'pages'],
    queryFn: ({ pageParam, signal }) => {
      const query = new URLSearchParams({ limit: String(MODELS_A_PAGE) });
      if (pageParam !== null) query.set('cursor', pageParam);
      return request<ModelPage>(`/v1/models?${query}`, { signal });
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: keepPreviousData,
    refetchInterval: useAskingPace(),
  });
