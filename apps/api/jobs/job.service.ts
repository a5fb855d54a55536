import { Inject, Injectable } from '@nestjs/common';
import type { z } from 'zod';
import {
  newUuid,
  notFound,
  requireUuid,
  type CreateJob,
  type Job,
  type JobPage,
  type jobQuerySchema,
  type RestartJob,
  type ResultPage,
  type resultQuerySchema,
} from '#contracts';
import {
  findJob,
  listJobs,
  listResults,
  pollJob,
  type ImageCalled,
  type JobRecord,
  type KeptAnswer,
  type Queryable,
} from '#database';
import { FeedAfterCommit } from '../feed/feed-after-commit.js';
import { once } from '../idempotency/idempotency.js';
import { decodeCursor, NUMBER_CURSOR, toPage, UUID_CURSOR } from '../page/page.js';
import { API_PARTS, type ApiParts } from '../parts.js';
import { nameJobWebhook } from '../webhooks/order-webhook.js';
import { OutgoingUrls } from '../webhooks/outgoing-urls.js';
import { WebhookSecrets } from '../webhooks/webhook-secrets.js';
import { createJob } from './create-job.js';
import { jobFilterOf } from './job-filter.js';
import { viewItem, viewJob } from '#results';
import { restartOf } from './restart-of.js';

@Injectable()
export class JobService {
  constructor(
    @Inject(API_PARTS) private readonly parts: ApiParts,
    private readonly feed: FeedAfterCommit,
    private readonly urls: OutgoingUrls,
    private readonly secrets: WebhookSecrets,
  ) {}

  async create(
    tenantId: string,
    body: CreateJob,
    key: string | undefined,
  ): Promise<KeptAnswer<Job>> {
    const scope = { tenantId, key, route: 'POST /v1/jobs', body };
    const answer = await once(this.parts.database, scope, 202, (tx) =>
      this.#order(tx, tenantId, body),
    );
    return this.#answer(answer);
  }

  /** A new job over the same set. Errors: `job.not_found`, and those of creating one. */
  async restart(
    tenantId: string,
    id: string,
    body: RestartJob,
    key: string | undefined,
  ): Promise<KeptAnswer<Job>> {
    const scope = { tenantId, key, route: `POST /v1/jobs/${id}/restart`, body };
    const answer = await once(this.parts.database, scope, 202, async (tx) => {
      const old = await findJob(tx, tenantId, requireUuid('job', id));
      if (old === undefined) throw notFound('job', id);
      return this.#order(tx, tenantId, restartOf(old, body), old.id);
    });
    return this.#answer(answer);
  }

  #answer(answer: KeptAnswer<Job>): KeptAnswer<Job> {
    const { response } = answer;
    if (!answer.replayed) this.feed.step(response.model, 'bulk');
    if (response.webhook === undefined) return answer;
    return { ...answer, response: { ...response, webhook: this.secrets.show(response.webhook) } };
  }

  async #order(
    tx: Queryable,
    tenantId: string,
    body: CreateJob,
    restartedFrom?: string,
  ): Promise<Job> {
    const id = newUuid();
    // Ahead of the job, whose creation it may want to be told of.
    const maker = { guard: this.urls.guard, secrets: this.secrets };
    const webhook = body.webhook && (await nameJobWebhook(tx, maker, tenantId, id, body.webhook));
    const { quota } = this.parts.config;
    const job = viewJob(await createJob(tx, tenantId, body, 'bulk', quota, id, restartedFrom));
    return webhook === undefined ? job : { ...job, webhook };
  }

  async get(tenantId: string, id: string): Promise<Job> {
    return viewJob(await this.#require(tenantId, id));
  }

  async list(
    tenantId: string,
    { limit, cursor, ...filter }: z.output<typeof jobQuerySchema>,
  ): Promise<JobPage> {
    const before = decodeCursor(cursor, UUID_CURSOR);
    const page = { limit: limit + 1, before, filter: jobFilterOf(filter) };
    const jobs = await listJobs(this.parts.database, tenantId, page);
    return toPage(jobs, limit, (job) => job.id, viewJob);
  }

  async listResults(
    tenantId: string,
    id: string,
    query: z.output<typeof resultQuerySchema>,
  ): Promise<ResultPage> {
    const { limit, cursor, from, state, error_code: errorCode } = query;
    const position = decodeCursor(cursor, NUMBER_CURSOR);
    const job = await this.#require(tenantId, id);
    const after = position === undefined ? (from ?? 0) - 1 : Number(position);
    const page = { limit: limit + 1, after, state, errorCode, called: calledBy(query) };
    const items = await listResults(this.parts.database, job, page);
    return toPage(
      items,
      limit,
      (item) => String(item.n),
      (item) => viewItem(job.id, item),
    );
  }

  async #require(tenantId: string, id: string): Promise<JobRecord> {
    const job = await pollJob(this.parts.database, { tenantId, id: requireUuid('job', id) });
    if (job === undefined) throw notFound('job', id);
    return job;
  }
}

/** Input: a query of results. The whole of a name says more than its beginning. */
function calledBy({
  image,
  image_prefix: prefix,
}: Pick<z.output<typeof resultQuerySchema>, 'image' | 'image_prefix'>): ImageCalled | undefined {
  if (image !== undefined) return { text: image, isWhole: true };
  return prefix === undefined ? undefined : { text: prefix, isWhole: false };
}
