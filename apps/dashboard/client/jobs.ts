import {
  keepPreviousData,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import type { ItemResult, Job, JobPage, ResultPage, Task } from '#contracts';
import { useAskingPace } from './connection';
import { request } from './request';

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
    refetchInterval: useAskingPace(),
  });
}

export const useJob = (id: string) =>
  useQuery({
    queryKey: ['job', id],
    queryFn: ({ signal }) => request<Job>(`/v1/jobs/${id}`, { signal }),
    refetchInterval: useAskingPace(),
    // The title of the page says how far it is, also in a tab that is not looked at.
    refetchIntervalInBackground: true,
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

/** Asks more about its images. What shows results names the number of tasks, so it asks again by itself. */
export function useExtendJob(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (tasks: readonly Task[]) =>
      request<Job>(`/v1/jobs/${id}/extend`, { method: 'POST', body: { tasks } }),
    onSuccess: (job) => client.setQueryData(['job', id], job),
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
