import { Inject, Injectable } from '@nestjs/common';
import { notFound, requireUuid, type ExtendJob, type Job, type RetryJob } from '#contracts';
import { extendJob, findJob, retryItems, type KeptAnswer, type Queryable } from '#database';
import { FeedAfterCommit } from '../feed/feed-after-commit.js';
import { once } from '../idempotency/idempotency.js';
import { chooseModel } from '../models/choose-model.js';
import { API_PARTS, type ApiParts } from '../parts.js';
import { viewJob } from '#results';
import { jobLimitsOf } from './job-limits.js';
import { retryChoiceOf } from './retry-choice.js';

/** What puts a job to work again that has ended. */
@Injectable()
export class JobAgainService {
  constructor(
    @Inject(API_PARTS) private readonly parts: ApiParts,
    private readonly feed: FeedAfterCommit,
  ) {}

  /** Errors: `job.not_found`; those of `retryItems`. */
  retry(tenantId: string, id: string, body: RetryJob, key?: string): Promise<KeptAnswer<Job>> {
    const choice = retryChoiceOf(body);
    const { quota } = this.parts.config;
    const scope = { tenantId, key, route: `POST /v1/jobs/${id}/retry`, body };
    return this.#again(scope, id, (tx, jobId) => retryItems(tx, tenantId, jobId, choice, quota));
  }

  /** Errors: `job.not_found`, `job.deadline_passed`, `model.unknown`; those of `extendJob`. */
  extend(tenantId: string, id: string, body: ExtendJob, key?: string): Promise<KeptAnswer<Job>> {
    const { quota } = this.parts.config;
    const scope = { tenantId, key, route: `POST /v1/jobs/${id}/extend`, body };
    return this.#again(scope, id, async (tx, jobId) => {
      const job = await findJob(tx, tenantId, jobId);
      if (job === undefined) return undefined;
      const extension = { tasks: body.tasks, limits: await jobLimitsOf(tx, body) };
      const count = await extendJob(tx, tenantId, jobId, extension, quota);
      // It may have gone since.
      await chooseModel(tx, tenantId, job.model);
      return count;
    });
  }

  async #again(
    scope: Parameters<typeof once>[1],
    id: string,
    change: (tx: Queryable, jobId: string) => Promise<unknown>,
  ): Promise<KeptAnswer<Job>> {
    const jobId = requireUuid('job', id);
    const answer = await once(this.parts.database, scope, 202, async (tx) => {
      if ((await change(tx, jobId)) === undefined) throw notFound('job', id);
      return viewJob((await findJob(tx, scope.tenantId, jobId))!);
    });
    if (!answer.replayed) this.feed.step(answer.response.model, 'bulk');
    return answer;
  }
}
