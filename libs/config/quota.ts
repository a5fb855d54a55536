import { z } from 'zod';
import type { JobQuota } from '#contracts';
import { positive } from './shared.js';

/** What api and dispatcher must agree on: both make jobs. */
export const quotaEnv = {
  MAX_OPEN_JOBS: positive(10_000),
  MAX_QUEUED_ITEMS: positive(50_000_000),
};

const schema = z.object(quotaEnv);

export const jobQuota = (env: z.infer<typeof schema>): JobQuota =>
  Object.freeze({ openJobs: env.MAX_OPEN_JOBS, queuedItems: env.MAX_QUEUED_ITEMS });
