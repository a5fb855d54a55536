import { useMemo } from 'react';
import type { Job } from '#contracts';
import { useCorrectionLines } from '../../client/corrections';
import { useJob } from '../../client/jobs';

export interface CorrectedJob {
  /** As far as it is known. */
  readonly job: Job | undefined;
  /** Its corrections; undefined while they come. */
  readonly lines: number | undefined;
  /** The same as a file of examples: another one only when they have changed, so that it is sent once. */
  readonly file: File | undefined;
  readonly error: Error | null;
}

/** Input: id of a job, once one is chosen. */
export function useCorrectedJob(id: string | undefined): CorrectedJob {
  const job = useJob(id);
  const { data: text, error } = useCorrectionLines(id);
  const file = useMemo(
    () => (text === undefined ? undefined : new File([text], `${id}-corrections.jsonl`)),
    [text, id],
  );
  const lines = text?.split('\n').filter((line) => line !== '').length;
  return { job: job.data, lines, file, error: job.error ?? error };
}
