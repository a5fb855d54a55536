import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { JobPreview, PreviewJob } from '#contracts';
import {
  countWorkers,
  findJob,
  listResults,
  moveJob,
  type ItemRecord,
  type JobRecord,
} from '#database';
import { Slots } from '#intake';
import { estimateJob, type MeasuredSample } from '#pipeline';
import { FeedAfterCommit } from '../feed/feed-after-commit.js';
import { viewItem, viewJob } from '#results';
import { API_PARTS, type ApiParts } from '../parts.js';
import { readWaitMs } from '../predictions/prefer.js';
import { checkJobWebhook } from '../webhooks/order-webhook.js';
import { OutgoingUrls } from '../webhooks/outgoing-urls.js';
import { planPreview, type PlannedPreview } from './plan-preview.js';

/** Clients being kept waiting; beyond, the answer is 503. */
const MAX_PREVIEWS = 32;
const FIRST_LOOK_MS = 25;
const LAST_LOOK_MS = 250;

@Injectable()
export class JobPreviewService implements OnModuleDestroy {
  readonly #slots = new Slots(MAX_PREVIEWS);
  readonly #closing = new AbortController();

  constructor(
    @Inject(API_PARTS) private readonly parts: ApiParts,
    private readonly feed: FeedAfterCommit,
    private readonly urls: OutgoingUrls,
  ) {}

  onModuleDestroy(): void {
    this.#closing.abort();
  }

  /** Errors: those of `planPreview` and `checkJobWebhook`; `server.busy`. */
  async preview(
    tenantId: string,
    body: PreviewJob,
    prefer: string | undefined,
    request: FastifyRequest,
  ): Promise<JobPreview> {
    const leave = this.#slots.enterNow();
    const gone = new AbortController();
    const onClose = (): void => gone.abort();
    request.raw.socket.once('close', onClose);
    try {
      const { database, config } = this.parts;
      if (body.webhook) await checkJobWebhook(database, this.urls.guard, tenantId, body.webhook);
      const planned = await database.transaction((tx) =>
        planPreview(tx, tenantId, body, config.quota),
      );
      this.feed.step(planned.job.model, 'interactive');
      const signal = AbortSignal.any([gone.signal, this.#closing.signal]);
      const job = await this.#waitForEnd(tenantId, planned.job, readWaitMs(prefer), signal);
      return await this.#view(planned, job);
    } finally {
      request.raw.socket.off('close', onClose);
      leave();
    }
  }

  /** The job when it has ended; else as it is when the time is over or nobody waits: then it is cancelled. */
  async #waitForEnd(
    tenantId: string,
    planned: JobRecord,
    waitMs: number,
    signal: AbortSignal,
  ): Promise<JobRecord> {
    const { database } = this.parts;
    const until = performance.now() + waitMs;
    for (let pauseMs = FIRST_LOOK_MS; ; pauseMs = Math.min(pauseMs * 1.5, LAST_LOOK_MS)) {
      const job = (await findJob(database, tenantId, planned.id)) ?? planned;
      const leftMs = until - performance.now();
      if (job.finishedAt !== null) return job;
      if (leftMs <= 0 || signal.aborted) {
        await moveJob(database, tenantId, job.id, 'cancel');
        return job;
      }
      await sleep(Math.min(pauseMs, leftMs), undefined, { signal }).catch(() => undefined);
    }
  }

  async #view({ items, knownShare }: PlannedPreview, job: JobRecord): Promise<JobPreview> {
    const { database } = this.parts;
    const limit = { limit: job.itemCount };
    const ended = (await listResults(database, job, limit)).filter(
      (item) => item.state !== 'cancelled',
    );
    const workers = await countWorkers(database, job.model);
    const { image_set, model, tasks } = viewJob(job);
    return {
      object: 'job_preview',
      image_set,
      model,
      tasks,
      items,
      workers,
      samples: ended.map((item) => viewItem(job.id, item)),
      samples_left: job.itemCount - ended.length,
      known_share: knownShare,
      estimate: estimateJob({ items, knownShare, workers }, measure(job, ended)),
    };
  }
}

/** From the claim of the samples to the commit of the last one, on the clock of the database. */
function measure(job: JobRecord, ended: readonly ItemRecord[]): MeasuredSample {
  if (job.startedAt === null || ended.length === 0) return { images: 0, elapsedMs: 0 };
  const last = Math.max(...ended.map((item) => item.finishedAt.getTime()));
  return { images: ended.length, elapsedMs: last - job.startedAt.getTime() };
}
