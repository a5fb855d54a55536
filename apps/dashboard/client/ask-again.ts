import { useMutation } from '@tanstack/react-query';
import type { ItemResult, Job, JobPreview, Task } from '#contracts';
import { request } from './request';

/** How long an answer is waited for, seconds; a busy worker takes single pictures first. */
const WAIT_SECONDS = 60;

/**
 * Asks the model of a job something else about one of its images: a preview of that image alone, so the job stays as it
 * is and no list shows it. Output: what came of it; undefined when it took too long.
 */
export const useAskAgain = (job: Job, n: number) =>
  useMutation({
    mutationFn: async (task: Task): Promise<ItemResult | undefined> => {
      const { samples } = await request<JobPreview>('/v1/jobs/preview', {
        method: 'POST',
        body: {
          image_set: job.image_set,
          seal: true,
          model: job.model,
          tasks: [task],
          images: [n],
        },
        headers: { prefer: `wait=${WAIT_SECONDS}` },
      });
      return samples[0];
    },
  });
