import { AppError, type JobQuota } from '#contracts';
import type { Queryable } from '../database.js';
import { lockTenant } from './tenant.js';
import { readOpenWork } from './tenant-usage.js';

/** Seconds after which a job may have ended. */
const RETRY_AFTER_SECONDS = 10;

/**
 * Whether the tenant's open jobs are within its quota, together with what this transaction has added: so it comes
 * after the job's row is there, and what it refuses is rolled back. Jobs of one tenant pass one after the other: the
 * tenant's row is locked until the transaction ends, and the count is a statement of its own, which sees what was
 * committed before the lock. What ends is not open any more, so nothing has to be given back.
 *
 * Input: an open transaction; `items` are those that the job adds. Costs an index scan over the tenant's open jobs.
 * Errors: `quota.jobs`, `quota.queued_items` (both pass when jobs end), `quota.job_items` (never passes).
 */
export async function requireJobQuota(
  tx: Queryable,
  tenantId: string,
  items: number,
  quota: JobQuota,
): Promise<void> {
  if (items > quota.queuedItems) throw tooLarge(items, quota.queuedItems);
  await lockTenant(tx, tenantId);
  const { jobs, items: queued } = await readOpenWork(tx, tenantId);
  if (jobs > quota.openJobs) throw tooManyJobs(quota.openJobs);
  if (queued > quota.queuedItems) throw tooManyItems(items, queued - items, quota.queuedItems);
}

const tooLarge = (items: number, most: number): AppError =>
  new AppError(
    'quota.job_items',
    `The job has ${items} images to do, and a tenant may have ${most} waiting. Split the set; MAX_QUEUED_ITEMS sets the limit.`,
    { context: { items, limit: most } },
  );

const tooManyJobs = (most: number): AppError =>
  new AppError(
    'quota.jobs',
    `A tenant may have ${most} open jobs, and has them. Wait until one has ended, or cancel one; MAX_OPEN_JOBS sets the limit.`,
    { retryable: true, context: { limit: most, retry_after: RETRY_AFTER_SECONDS } },
  );

const tooManyItems = (items: number, queued: number, most: number): AppError =>
  new AppError(
    'quota.queued_items',
    `A tenant may have ${most} images waiting; ${queued} are, and this job would add ${items}. Wait until some are done, or cancel a job; MAX_QUEUED_ITEMS sets the limit.`,
    { retryable: true, context: { items, queued, limit: most, retry_after: RETRY_AFTER_SECONDS } },
  );
