import { keepPreviousData } from '@tanstack/react-query';
import { request } from './request';

/**
 * A list of the API, page after page; the last that was seen stays until another comes.
 * Input: its path, how long a page is, and what narrows it. Output: the part of an infinite query that is the same for all.
 */
export const pagesOf = <Page extends { readonly next_cursor: string | null }>(
  path: string,
  limit: number,
  filter?: ConstructorParameters<typeof URLSearchParams>[0],
) => ({
  queryFn: ({ pageParam, signal }: { pageParam: string | null; signal: AbortSignal }) => {
    const query = new URLSearchParams({ limit: String(limit) });
    for (const [name, value] of new URLSearchParams(filter)) query.append(name, value);
    if (pageParam !== null) query.set('cursor', pageParam);
    return request<Page>(`${path}?${query}`, { signal });
  },
  initialPageParam: null as string | null,
  getNextPageParam: (page: Page) => page.next_cursor,
  placeholderData: keepPreviousData,
});
