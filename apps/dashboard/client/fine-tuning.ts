import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { FineTuning, FineTuningEvent, FineTuningEventPage, FineTuningPage } from '#contracts';
import { useAskingPace } from './connection';
import { pagesOf } from './pages';
import { request } from './request';

const PATH = '/v1/fine-tuning/jobs';
const RUNS_A_PAGE = 25;
const EVENTS_A_PAGE = 1_000;
/** A training tells of every step; the curve of a longer one ends there, and says so. */
export const MOST_EVENTS = 50_000;

export const hasEnded = (run: FineTuning): boolean => run.finished_at !== null;

export const useFineTunings = () =>
  useInfiniteQuery({
    queryKey: ['tunings'],
    ...pagesOf<FineTuningPage>(PATH, RUNS_A_PAGE),
    refetchInterval: useAskingPace(),
  });

export const useFineTuning = (id: string) =>
  useQuery({
    queryKey: ['tuning', id],
    queryFn: ({ signal }) => request<FineTuning>(`${PATH}/${id}`, { signal }),
    refetchInterval: useAskingPace(),
  });

/** What happened to a run, oldest first: only what came after the newest that is known is read. */
export function useTuningEvents(run: FineTuning) {
  const client = useQueryClient();
  const queryKey = ['tuning-events', run.id];
  const pace = useAskingPace();
  return useQuery({
    queryKey,
    queryFn: async ({ signal }): Promise<readonly FineTuningEvent[]> => {
      const events = [...(client.getQueryData<readonly FineTuningEvent[]>(queryKey) ?? [])];
      for (let isMore = true; isMore && events.length < MOST_EVENTS;) {
        const after = events.at(-1)?.n ?? 0;
        const url = `${PATH}/${run.id}/events?after=${after}&limit=${EVENTS_A_PAGE}`;
        const page = await request<FineTuningEventPage>(url, { signal });
        events.push(...page.data);
        isMore = page.next_cursor !== null;
      }
      return events;
    },
    refetchInterval: hasEnded(run) ? false : pace,
  });
}

export function useMoveTuning(id: string, move: 'cancel' | 'resume') {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => request<FineTuning>(`${PATH}/${id}/${move}`, { method: 'POST' }),
    onSuccess: (run) => client.setQueryData(['tuning', id], run),
    onSettled: () => client.invalidateQueries({ queryKey: ['tunings'] }),
  });
}

/** Where the browser downloads what it was trained to. */
export const resultUrl = (id: string): string => `${PATH}/${id}/result`;
