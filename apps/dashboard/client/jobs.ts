import {
  keepPreviousData,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import type {
  ItemResult,
  Job,
  JobLatency,
  JobLogPage,
  JobPage,
  JobProgress,
  ResultPage,
  Task,
} from '#contracts';
import { useAskingPace } from './connection';
import { pagesOf } from './pages';
import { request } from './request';

const JOBS_A_PAGE = 50;
/** Failed items that are shown of each cause. */
const EXAMPLES = 4;
/** How often it is asked where the images of a running job are, milliseconds. */
const PROGRESS_MS = 5_000;

export const isOver = (job: Job): boolean => job.finished_at !== null;

export function useJobs(filter: URLSearchParams) {
  const text = filter.toString();
  return useInfiniteQuery({
    queryKey: ['jobs', text],
    ...pagesOf<JobPage>('/v1/jobs', JOBS_A_PAGE, filter),
    refetchInterval: useAskingPace(),
  });
}

/** Input: undefined as long as none is chosen. */
export const useJob = (id: string | undefined) =>
  useQuery({
    queryKey: ['job', id],
    queryFn: ({ signal }) => request<Job>(`/v1/jobs/${id}`, { signal }),
    enabled: id !== undefined,
    refetchInterval: useAskingPace(),
    // The title of the page says how far it is, also in a tab that is not looked at.
    refetchIntervalInBackground: true,
  });

/** A few of the items that failed of one cause. Input: how many did, so that a change is seen. */
export const useFailures = (id: string, code: string, failed: number) =>
  useQuery({
    queryKey: ['failures', id, code, failed],
    queryFn: async ({ signal }): Promise<readonly ItemResult[]> => {
      const query = new URLSearchParams({
        state: 'failed',
        error_code: code,
        limit: String(EXAMPLES),
      });
      return (await request<ResultPage>(`/v1/jobs/${id}/results?${query}`, { signal })).data;
    },
    placeholderData: keepPreviousData,
    staleTime: 10_000,
  });

/** Where the images are: more than the job's row is read for it, so not as often as that is. */
export const useProgress = (job: Job) =>
  useQuery({
    queryKey: ['progress', job.id, job.state],
    queryFn: ({ signal }) => request<JobProgress>(`/v1/jobs/${job.id}/progress`, { signal }),
    enabled: !isOver(job),
    placeholderData: keepPreviousData,
    refetchInterval: PROGRESS_MS,
  });

/** How long its images took: one row however many they are. */
export const useLatency = (job: Job) =>
  useQuery({
    queryKey: ['latency', job.id, job.state, job.finished_at],
    queryFn: ({ signal }) => request<JobLatency>(`/v1/jobs/${job.id}/latency`, { signal }),
    placeholderData: keepPreviousData,
    refetchInterval: isOver(job) ? false : PROGRESS_MS,
  });

export const useJobLog = (job: Job) =>
  useInfiniteQuery({
    queryKey: ['log', job.id, job.state, job.finished_at],
    ...pagesOf<JobLogPage>(`/v1/jobs/${job.id}/log`, 200),
    refetchInterval: isOver(job) ? false : PROGRESS_MS,
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
      void client.invalidateQueries({ queryKey: ['failures', id] });
    },
    onSettled: () => client.invalidateQueries({ queryKey: ['job', id] }),
  });
}

/** Asks more about its images. What shows results names the number of tasks, so it asks again by itself. */
export function useExtendJob(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (tasks: readonly Task[]) =>
      request<Job>(`/v1/jobs/${id}/extend`, { method: 'POST', body: { tasks } }),
    onSuccess: (job) => client.setQueryData(['job', id], job),
    onSettled: () => client.invalidateQueries({ queryKey: ['job', id] }),
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
