import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type {
  FineTuning,
  FineTuningBasePage,
  FineTuningEvent,
  FineTuningEventPage,
  FineTuningPage,
} from '#contracts';
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

/** How often it is looked whether a trainer has come where there is none, milliseconds: no stream tells of it. */
const LOOK_MS = 5_000;

/** Names of the checkpoints that can be trained. */
export const useBases = () =>
  useQuery({
    queryKey: ['bases'],
    queryFn: async ({ signal }): Promise<readonly string[]> => {
      const bases = await request<FineTuningBasePage>('/v1/fine-tuning/bases', { signal });
      return bases.data.map(({ id }) => id);
    },
    refetchInterval: ({ state }) => (state.data?.length === 0 ? LOOK_MS : false),
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

/** Input of the mutation: what makes the order, which may first send files. */
export function useStartTuning() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (makeOrder: () => Promise<object>) =>
      request<FineTuning>(PATH, { method: 'POST', body: await makeOrder() }),
    onSuccess: (run) => client.setQueryData(['tuning', run.id], run),
    onSettled: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: ['tunings'] }),
        client.invalidateQueries({ queryKey: ['tuning-files'] }),
      ]),
  });
}

export function useMoveTuning(id: string, move: 'cancel' | 'resume') {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => request<FineTuning>(`${PATH}/${id}/${move}`, { method: 'POST' }),
    onSuccess: (run) => client.setQueryData(['tuning', id], run),
    onSettled: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: ['tuning', id] }),
        client.invalidateQueries({ queryKey: ['tunings'] }),
      ]),
  });
}

/** Where the browser downloads what it was trained to. */
export const resultUrl = (id: string): string => `${PATH}/${id}/result`;
