import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { Correction, CorrectionPage, PutCorrection } from '#contracts';
import { request } from './request';

const keyOf = (job: string, n: number) => ['corrections', job, n] as const;

/** What people said the answers of one item should have been. */
export const useCorrections = (job: string, n: number) =>
  useQuery({
    queryKey: keyOf(job, n),
    queryFn: ({ signal }) =>
      request<CorrectionPage>(`/v1/jobs/${job}/corrections?n=${n}`, { signal }),
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
