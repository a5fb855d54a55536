import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { Queue, Series, Span, SystemQueue, Worker, WorkerPage } from '#contracts';
import { request } from './request';

/** As often as workers report and dispatchers sample; no stream tells of it. Milliseconds. */
const LOOK_MS = 5_000;
const MOST_WORKERS = 200;

const QUEUE_KEY = ['operate', 'queue'] as const;
const WORKERS_KEY = ['operate', 'workers'] as const;

/** What waits of all tenants. */
export const useSystemQueue = () =>
  useQuery({
    queryKey: QUEUE_KEY,
    queryFn: ({ signal }) => request<SystemQueue>('/v1/operate/queue', { signal }),
    refetchInterval: LOOK_MS,
  });

/** What waits of the reader's own. */
export const useOwnQueue = () =>
  useQuery({
    queryKey: ['queue'],
    queryFn: ({ signal }) => request<Queue>('/v1/queue', { signal }),
    refetchInterval: LOOK_MS,
  });

export const useWorkers = () =>
  useQuery({
    queryKey: WORKERS_KEY,
    queryFn: ({ signal }) =>
      request<WorkerPage>(`/v1/operate/workers?limit=${MOST_WORKERS}`, { signal }),
    refetchInterval: LOOK_MS,
  });

export function useDrainWorker(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => request<Worker>(`/v1/operate/workers/${id}/drain`, { method: 'POST' }),
    onSettled: () => client.invalidateQueries({ queryKey: WORKERS_KEY }),
  });
}

/** Of one pool, or of all together. What was asked before stays while another is fetched. */
export const useSeries = (span: Span, pool: string | undefined) =>
  useQuery({
    queryKey: ['operate', 'series', span, pool],
    queryFn: ({ signal }) =>
      request<Series>(`/v1/operate/series?${seriesQuery(span, pool)}`, { signal }),
    placeholderData: keepPreviousData,
    refetchInterval: 2 * LOOK_MS,
  });

const seriesQuery = (span: Span, pool: string | undefined): string =>
  new URLSearchParams({ span, ...(pool !== undefined && { pool }) }).toString();
