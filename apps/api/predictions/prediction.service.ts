import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { AppError, type CreatePrediction, type Prediction } from '#contracts';
import {
  abandonBlob,
  findJob,
  listResults,
  type AcceptedFile,
  type ItemRecord,
  type JobRecord,
} from '#database';
import { Slots, storeImage } from '#intake';
import { FeedAfterCommit } from '../feed/feed-after-commit.js';
import { viewItem, viewJob } from '#results';
import { API_PARTS, type ApiParts } from '../parts.js';
import { createPrediction, requireImage } from './create-prediction.js';
import { readWaitMs } from './prefer.js';
import { readPredictionForm } from './prediction-form.js';

/** Pictures being received at once, and clients being kept waiting; beyond, the answer is 503 or 202. */
const MAX_RECEIVING = 64;
const MAX_WAITING = 256;
const FIRST_LOOK_MS = 15;
const LAST_LOOK_MS = 100;

@Injectable()
export class PredictionService implements OnModuleDestroy {
  readonly #receiving = new Slots(MAX_RECEIVING);
  readonly #waiting = new Slots(MAX_WAITING);
  readonly #closing = new AbortController();

  constructor(
    @Inject(API_PARTS) private readonly parts: ApiParts,
    private readonly feed: FeedAfterCommit,
  ) {}

  /** The job goes on without its waiter. */
  onModuleDestroy(): void {
    this.#closing.abort();
  }

  /** Errors: those of `readPredictionForm`, `requireImage` and `createPrediction`; `server.busy`. */
  async create(
    tenantId: string,
    request: FastifyRequest,
    prefer: string | undefined,
  ): Promise<Prediction> {
    const planned = await this.#plan(tenantId, request);
    const item = await this.#run(planned, readWaitMs(prefer), request);
    const job = (await findJob(this.parts.database, tenantId, planned.id)) ?? planned;
    const result = item === undefined ? null : viewItem(job.id, item);
    return { object: 'prediction', job: viewJob(job), result };
  }

  /**
   * Asks about a picture whose bytes the object store has. Output: the item; undefined when it has not ended in time.
   * Errors: those of `createPrediction`.
   */
  async ask(
    tenantId: string,
    file: AcceptedFile,
    question: Pick<CreatePrediction, 'tasks' | 'model'>,
    { waitMs, request }: { waitMs: number; request: FastifyRequest },
  ): Promise<{ job: JobRecord; item: ItemRecord | undefined }> {
    const job = await this.#order(tenantId, file, question);
    return { job, item: await this.#run(job, waitMs, request) };
  }

  #run(job: JobRecord, waitMs: number, request: FastifyRequest): Promise<ItemRecord | undefined> {
    this.feed.step(job.model, 'interactive');
    return this.#waitForItem(job, waitMs, request);
  }

  async #plan(tenantId: string, request: FastifyRequest): Promise<JobRecord> {
    const leave = this.#receiving.enterNow();
    try {
      const form = await readPredictionForm(request, this.parts.config.limits.imageBytes);
      try {
        const file = requireImage(form);
        const { quota } = this.parts.config;
        const seen = await storeImage(this.parts, { tenantId, quota }, form.image);
        if ('refused' in seen) throw new AppError(seen.refused.code, seen.refused.detail);
        return await this.#order(tenantId, { ...file, seen }, form.request);
      } finally {
        await form.image.dispose();
      }
    } finally {
      leave();
    }
  }

  async #order(
    tenantId: string,
    file: AcceptedFile,
    question: Pick<CreatePrediction, 'tasks' | 'model'>,
  ): Promise<JobRecord> {
    const { database, config } = this.parts;
    try {
      return await database.transaction((tx) =>
        createPrediction(tx, tenantId, file, question, config.quota),
      );
    } catch (error) {
      if (file.seen?.stored === false) await abandonBlob(database, tenantId, file);
      throw error;
    }
  }

  /** Looks for the item's row until it is there, the time is over, or nobody waits any more. */
  async #waitForItem(
    job: JobRecord,
    waitMs: number,
    request: FastifyRequest,
  ): Promise<ItemRecord | undefined> {
    const leave = this.#waiting.tryEnter();
    if (leave === undefined) return undefined;
    const gone = new AbortController();
    const onClose = (): void => gone.abort();
    request.raw.socket.once('close', onClose);
    const signal = AbortSignal.any([gone.signal, this.#closing.signal]);
    try {
      const until = performance.now() + waitMs;
      for (let pauseMs = FIRST_LOOK_MS; ; pauseMs = Math.min(pauseMs * 1.5, LAST_LOOK_MS)) {
        const [item] = await listResults(this.parts.database, job, { limit: 1 });
        const leftMs = until - performance.now();
        if (item !== undefined || leftMs <= 0 || signal.aborted) return item;
        await sleep(Math.min(pauseMs, leftMs), undefined, { signal }).catch(() => undefined);
      }
    } finally {
      request.raw.socket.off('close', onClose);
      leave();
    }
  }
}
