import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { Correction, CorrectionPage, PutCorrection } from '#contracts';
import { request, requestText } from './request';

const keyOf = (job: string, n: number) => ['corrections', job, n] as const;

/** What people said the answers of one item should have been. */
export const useCorrections = (job: string, n: number) =>
  useQuery({
    queryKey: keyOf(job, n),
    queryFn: ({ signal }) =>
      request<CorrectionPage>(`/v1/jobs/${job}/corrections?n=${n}`, { signal }),
  });

export const correctionLinesUrl = (job: string): string => `/v1/jobs/${job}/corrections/lines`;

/** All corrections of a job as the lines that fine-tuning reads; people have written each, so they are few. */
export const useCorrectionLines = (job: string | undefined) =>
  useQuery({
    queryKey: ['correction-lines', job],
    queryFn: ({ signal }) => requestText(correctionLinesUrl(job!), { signal }),
    enabled: job !== undefined,
  });

export function useCorrect(job: string, n: number) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: PutCorrection) =>
      request<Correction>(`/v1/jobs/${job}/corrections`, { method: 'PUT', body }),
    onSettled: () => client.invalidateQueries({ queryKey: keyOf(job, n) }),
  });
}

export function useTakeBack(job: string, n: number) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (task: number) =>
      request<void>(`/v1/jobs/${job}/corrections?n=${n}&task=${task}`, { method: 'DELETE' }),
    onSettled: () => client.invalidateQueries({ queryKey: keyOf(job, n) }),
  });
}
