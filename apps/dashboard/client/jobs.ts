import {
  keepPreviousData,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import type { ItemResult, Job, JobPage, ResultPage } from '#contracts';
import { request } from './request';

/** How often what still changes is asked for, milliseconds. */
const LIVE_MS = 1_500;
const QUIET_MS = 3_000;
const JOBS_A_PAGE = 50;
/** Failed items that are looked at to tell their causes. */
export const FAILURES_READ = 1_000;

export const isOver = (job: Job): boolean => job.finished_at !== null;

export function useJobs(filter: URLSearchParams) {
  const text = filter.toString();
  return useInfiniteQuery({
    queryKey: ['jobs', text],
    queryFn: ({ pageParam, signal }) => {
      const query = new URLSearchParams(filter);
      query.set('limit', String(JOBS_A_PAGE));
      if (pageParam !== null) query.set('cursor', pageParam);
      return request<JobPage>(`/v1/jobs?${query}`, { signal });
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) =>
      state.data?.pages.some((page) => page.data.some((job) => !isOver(job))) ? LIVE_MS : QUIET_MS,
  });
}

export const useJob = (id: string) =>
  useQuery({
    queryKey: ['job', id],
    queryFn: ({ signal }) => request<Job>(`/v1/jobs/${id}`, { signal }),
    refetchInterval: ({ state }) => (state.data && isOver(state.data) ? false : LIVE_MS),
  });

export const useFailures = (job: Job) =>
  useQuery({
    queryKey: ['failures', job.id, job.item_counts.failed],
    queryFn: async ({ signal }): Promise<readonly ItemResult[]> => {
      const query = `state=failed&limit=${FAILURES_READ}`;
      return (await request<ResultPage>(`/v1/jobs/${job.id}/results?${query}`, { signal })).data;
    },
    enabled: job.item_counts.failed > 0,
    placeholderData: keepPreviousData,
    staleTime: 10_000,
  });

export type Move = 'cancel' | 'pause' | 'resume';

/** Does the items again that failed of this cause. */
export function useRetry(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (code: string) =>
      request<Job>(`/v1/jobs/${id}/retry`, { method: 'POST', body: { error_codes: [code] } }),
    onSuccess: (job) => {
      client.setQueryData(['job', id], job);
      void client.invalidateQueries({ queryKey: ['results', id] });
      void client.invalidateQueries({ queryKey: ['filtered', id] });
    },
  });
}

export function useMoveJob(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (move: Move) => request<Job>(`/v1/jobs/${id}/${move}`, { method: 'POST' }),
    onSuccess: (job) => client.setQueryData(['job', id], job),
    onSettled: () => client.invalidateQueries({ queryKey: ['job', id] }),
  });
}
