import { Inject, Injectable } from '@nestjs/common';
import {
  notFound,
  publicId,
  requireUuid,
  type Job,
  type MovedJobs,
  type MoveJobs,
} from '#contracts';
import { findJob, findMovableJobs, moveJob, moveJobs, type JobMove } from '#database';
import { API_PARTS, type ApiParts } from '../parts.js';
import { jobFilterOf } from './job-filter.js';
import { viewJob } from '#results';

/** Cancel, pause and resume, of one job and of many. The dispatcher takes their shards along. */
@Injectable()
export class JobMoveService {
  constructor(@Inject(API_PARTS) private readonly parts: ApiParts) {}

  /** Errors: `job.not_found`; those of `moveJob`. */
  async move(tenantId: string, id: string, move: JobMove): Promise<Job> {
    const { database } = this.parts;
    const jobId = requireUuid('job', id);
    await moveJob(database, tenantId, jobId, move);
    const job = await findJob(database, tenantId, jobId);
    if (job === undefined) throw notFound('job', id);
    return viewJob(job);
  }

  async moveMany(tenantId: string, body: MoveJobs, move: JobMove): Promise<MovedJobs> {
    const filter = jobFilterOf(body.filter);
    const { database } = this.parts;
    if (body.dry_run) {
      const found = await findMovableJobs(database, tenantId, filter, move, body.limit);
      return viewMoved(found.newest, found.count, found.count > body.limit);
    }
    const ids = await moveJobs(database, tenantId, filter, move, body.limit);
    return viewMoved(ids, ids.length, ids.length === body.limit);
  }
}

const viewMoved = (ids: readonly string[], count: number, hasMore: boolean): MovedJobs => ({
  object: 'moved_jobs',
  count,
  data: ids
    .toSorted()
    .toReversed()
    .map((id) => publicId('job', id)),
  has_more: hasMore,
});
