import {
  AppError,
  newUuid,
  notFound,
  requireUuid,
  type CreateJob,
  type JobQuota,
} from '#contracts';
import { findImageSet, findJob, planJob, type JobRecord, type Queryable } from '#database';
import type { Lane } from '#pipeline';
import { sealImageSet } from '../image-sets/seal-image-set.js';
import { chooseModel } from '../models/choose-model.js';
import { jobLimitsOf } from './job-limits.js';

/**
 * Input: an open transaction. Output: a queued job with its shards.
 * Errors: `set.not_found`, `set.open`, `set.empty`, `job.deadline_passed`; those of `chooseModel` and `planJob`.
 */
export async function createJob(
  tx: Queryable,
  tenantId: string,
  request: CreateJob,
  lane: Lane,
  quota: JobQuota,
  id = newUuid(),
  restartedFrom?: string,
): Promise<JobRecord> {
  const model = await chooseModel(tx, tenantId, request.model);
  const setId = requireUuid('set', request.image_set);
  const set = request.seal
    ? await sealImageSet(tx, tenantId, setId)
    : await findImageSet(tx, tenantId, setId, { use: true });
  if (set === undefined) throw notFound('set', request.image_set);
  if (set.state === 'open') {
    throw new AppError('set.open', 'The set is still open. Seal it first, or send `seal: true`.');
  }
  const { tasks, priority, cache, name = null, metadata = {} } = request;
  const limits = await jobLimitsOf(tx, request);
  const job = { id, tenantId, setId, name, model, tasks, priority, lane, metadata, cache, limits };
  await planJob(tx, { ...job, restartedFrom, quota, itemCount: set.accepted });
  const planned = await findJob(tx, tenantId, id);
  if (planned === undefined) throw new Error(`Job ${id} is not there after planning it.`);
  return planned;
}
