import { Inject, Injectable } from '@nestjs/common';
import { AppError, publicId, type RetriedJobs, type RetryJobs } from '#contracts';
import { findRetryableJobs, retryItems, type Queryable, type RetryChoice } from '#database';
import { decodeCursor, encodeCursor, UUID_CURSOR } from '../page/page.js';
import { API_PARTS, type ApiParts } from '../parts.js';
import { jobFilterOf } from './job-filter.js';
import { retryChoiceOf } from './retry-choice.js';

/** A request ends some time after this, however many jobs it names: with a million items each they take minutes. */
const LONGEST_MS = 10_000;

/**
 * Retry of many jobs, each in a transaction of its own: one that has no room leaves the others done. Their shards
 * wait for the dispatcher's next step.
 */
@Injectable()
export class RetryJobsService {
  constructor(@Inject(API_PARTS) private readonly parts: ApiParts) {}

  /** Errors: `cursor.invalid`; those of `requireJobQuota` for the first job, while a later one ends the answer before it. */
  async retry(tenantId: string, body: RetryJobs): Promise<RetriedJobs> {
    const { limit } = body;
    const before = decodeCursor(body.cursor, UUID_CURSOR);
    const choice = retryChoiceOf(body);
    const filter = jobFilterOf(body.filter);
    const rows = { before, limit: limit + 1 };
    const found = await findRetryableJobs(this.parts.database, tenantId, filter, choice, rows);
    const newest = found.newest.slice(0, limit);
    const hasMore = found.newest.length > limit;
    if (!body.dry_run) return this.#retryEach(tenantId, newest, choice, hasMore);
    return view(newest, found.count, found.itemCount, hasMore ? newest.at(-1) : undefined);
  }

  async #retryEach(
    tenantId: string,
    jobIds: readonly string[],
    choice: RetryChoice,
    hasMore: boolean,
  ): Promise<RetriedJobs> {
    const until = performance.now() + LONGEST_MS;
    const retried: string[] = [];
    let itemCount = 0;
    let at = 0;
    for (; at < jobIds.length && (at === 0 || performance.now() < until); at += 1) {
      const count = await this.#retryOne(tenantId, jobIds[at]!, choice).catch((error: unknown) => {
        if (at === 0 || !(error instanceof AppError)) throw error;
        return undefined;
      });
      // The next request says why, and this one what was done.
      if (count === undefined) break;
      if (count > 0) retried.push(jobIds[at]!);
      itemCount += count;
    }
    const next = at < jobIds.length || hasMore ? jobIds[at - 1] : undefined;
    return view(retried, retried.length, itemCount, next);
  }

  /** 0 when it went to work, or lost what failed or its set, since it was found. Errors: those of `requireJobQuota`. */
  async #retryOne(tenantId: string, jobId: string, choice: RetryChoice): Promise<number> {
    const { database, config } = this.parts;
    const change = (tx: Queryable) => retryItems(tx, tenantId, jobId, choice, config.quota);
    try {
      return (await database.transaction(change)) ?? 0;
    } catch (error) {
      if (error instanceof AppError && OVERTAKEN.has(error.code)) return 0;
      throw error;
    }
  }
}

const OVERTAKEN = new Set(['job.running', 'job.nothing_to_retry', 'set.deleted']);

const view = (
  ids: readonly string[],
  count: number,
  itemCount: number,
  next: string | undefined,
): RetriedJobs => ({
  object: 'retried_jobs',
  count,
  item_count: itemCount,
  data: ids.map((id) => publicId('job', id)),
  next_cursor: next === undefined ? null : encodeCursor(next),
  has_more: next !== undefined,
});
