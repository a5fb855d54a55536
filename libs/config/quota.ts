import { z } from 'zod';
import type { TenantQuota } from '#contracts';
import { positive } from './shared.js';

/** What api and dispatcher must agree on: both make jobs, and both take pictures into sets. */
export const quotaEnv = {
  MAX_OPEN_JOBS: positive(10_000),
  MAX_QUEUED_ITEMS: positive(50_000_000),
  MAX_STORED_BYTES: positive(10 * 2 ** 40),
  MAX_STORED_IMAGES: positive(100_000_000),
  MAX_IMAGE_SETS: positive(10_000_000),
};

const schema = z.object(quotaEnv);

export const tenantQuota = (env: z.infer<typeof schema>): TenantQuota =>
  Object.freeze({
    openJobs: env.MAX_OPEN_JOBS,
    queuedItems: env.MAX_QUEUED_ITEMS,
    storedBytes: env.MAX_STORED_BYTES,
    images: env.MAX_STORED_IMAGES,
    imageSets: env.MAX_IMAGE_SETS,
  });
