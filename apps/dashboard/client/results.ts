import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import type { ItemResult, Job, ResultPage } from '#contracts';
import { useAskingPace } from './connection';
import { isOver } from './jobs';
import { pagesOf } from './pages';
import { request } from './request';

/** Whether it has nothing more to come: in a job that was extended, items have their old answers until the new ones come. */
const isWhole = ({ tasks }: Job, { state, answers }: ItemResult): boolean =>
  state !== 'succeeded' || tasks === 'own' || answers.length >= tasks.length;

/** Items that are asked for together. */
export const CHUNK = 60;

export const thumbnailUrl = (set: string, n: number, edge: 320 | 1600 = 320): string =>
  `/v1/image-sets/${set}/thumbnail?n=${n}&edge=${edge}`;

type Chunk = readonly (ItemResult | undefined)[];

/** Items `chunk * CHUNK` and on, by their place in it; a hole is one that has not ended. Asked again until all have. */
export function useChunk(job: Job, chunk: number, isWanted: boolean) {
  const pace = useAskingPace();
  return useQuery({
    // Its end is asked for once more: what was heard last may be from before.
    queryKey: ['results', job.id, chunk, isOver(job), job.tasks.length],
    placeholderData: (last: Chunk | undefined, query) =>
      query?.queryKey[2] === chunk ? last : undefined,
    queryFn: async ({ signal }): Promise<Chunk> => {
      const from = chunk * CHUNK;
      const url = `/v1/jobs/${job.id}/results?from=${from}&limit=${CHUNK}`;
      const { data } = await request<ResultPage>(url, { signal });
      const items: (ItemResult | undefined)[] = Array.from({ length: CHUNK });
      for (const item of data) if (item.n < from + CHUNK) items[item.n - from] = item;
      return items;
    },
    enabled: isWanted,
    staleTime: 60_000,
    refetchInterval: ({ state }) => {
      const size = Math.min(CHUNK, job.item_counts.total - chunk * CHUNK);
      const ended = state.data?.filter((item) => item && isWhole(job, item)).length ?? 0;
      return ended >= size || isOver(job) ? false : pace;
    },
  });
}

export interface ResultFilter {
  readonly state?: string;
  readonly errorCode?: string;
  /** A custom id or file name, or how one begins; in quotes the whole of it. */
  readonly called?: string;
}

function calledQuery(text: string): { readonly [name: string]: string } {
  const whole = /^"(.+)"$/.exec(text)?.[1];
  return whole === undefined ? { image_prefix: text } : { image: whole };
}

/** The items that ended like that, from the first on. */
export function useFilteredResults(job: Job, filter: ResultFilter, isWanted: boolean) {
  const pace = useAskingPace();
  return useInfiniteQuery({
    queryKey: ['filtered', job.id, filter, isOver(job), job.tasks.length],
    ...pagesOf<ResultPage>(`/v1/jobs/${job.id}/results`, 200, {
      ...(filter.state && { state: filter.state }),
      ...(filter.errorCode && { error_code: filter.errorCode }),
      ...(filter.called && calledQuery(filter.called)),
    }),
    enabled: isWanted,
    refetchInterval: ({ state }) =>
      isOver(job) || (state.data?.pages.length ?? 0) > 3 ? false : pace,
  });
}

export function useItem(job: Job | undefined, n: number) {
  const pace = useAskingPace();
  return useQuery({
    queryKey: ['item', job?.id, n, job?.tasks.length],
    queryFn: async ({ signal }): Promise<ItemResult | null> => {
      const url = `/v1/jobs/${job!.id}/results?from=${n}&limit=1`;
      const [item] = (await request<ResultPage>(url, { signal })).data;
      return item?.n === n ? item : null;
    },
    enabled: job !== undefined,
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => {
      if (job === undefined || state.data === undefined) return false;
      return state.data === null || (!isOver(job) && !isWhole(job, state.data)) ? pace : false;
    },
  });
}
