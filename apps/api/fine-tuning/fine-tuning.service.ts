import { Inject, Injectable } from '@nestjs/common';
import type { z } from 'zod';
import {
  notFound,
  requireUuid,
  type CreateFineTuning,
  type FineTuning,
  type FineTuningCheckpointPage,
  type fineTuningEventQuerySchema,
  type FineTuningEventPage,
  type FineTuningPage,
  type fineTuningQuerySchema,
  type FineTuningState,
  type PageQuery,
} from '#contracts';
import {
  cancelFineTuning,
  findFineTuning,
  listFineTuningCheckpoints,
  listFineTuningEvents,
  listFineTunings,
  resumeFineTuning,
  type FineTuningRecord,
  type KeptAnswer,
  type Queryable,
} from '#database';
import { once } from '../idempotency/idempotency.js';
import { decodeCursor, NUMBER_CURSOR, toPage, UUID_CURSOR } from '../page/page.js';
import { API_PARTS, type ApiParts } from '../parts.js';
import { openResult, type FineTuningResult } from './fine-tuning-result.js';
import { orderFineTuning } from './create-fine-tuning.js';
import {
  viewFineTuning,
  viewFineTuningCheckpoint,
  viewFineTuningEvent,
} from './fine-tuning-view.js';

type Change = (tx: Queryable, tenantId: string, id: string) => Promise<FineTuningState | undefined>;

@Injectable()
export class FineTuningService {
  constructor(@Inject(API_PARTS) private readonly parts: ApiParts) {}

  create(
    tenantId: string,
    body: CreateFineTuning,
    key: string | undefined,
  ): Promise<KeptAnswer<FineTuning>> {
    const scope = { tenantId, key, route: 'POST /v1/fine-tuning/jobs', body };
    return once(this.parts.database, scope, 202, async (tx) =>
      viewFineTuning(await orderFineTuning(tx, tenantId, body)),
    );
  }

  async get(tenantId: string, id: string): Promise<FineTuning> {
    return viewFineTuning(await this.#require(tenantId, id));
  }

  async list(
    tenantId: string,
    { limit, cursor, state }: z.output<typeof fineTuningQuerySchema>,
  ): Promise<FineTuningPage> {
    const before = decodeCursor(cursor, UUID_CURSOR);
    const page = { limit: limit + 1, before, state };
    const jobs = await listFineTunings(this.parts.database, tenantId, page);
    return toPage(jobs, limit, (job) => job.id, viewFineTuning);
  }

  async listEvents(
    tenantId: string,
    id: string,
    { limit, cursor, after: from }: z.output<typeof fineTuningEventQuerySchema>,
  ): Promise<FineTuningEventPage> {
    const after = numberOf(cursor) ?? from;
    const job = await this.#require(tenantId, id);
    const page = { limit: limit + 1, after };
    const events = await listFineTuningEvents(this.parts.database, job.id, page);
    return toPage(events, limit, (event) => String(event.n), viewFineTuningEvent);
  }

  async listCheckpoints(
    tenantId: string,
    id: string,
    { limit, cursor }: PageQuery,
  ): Promise<FineTuningCheckpointPage> {
    const before = numberOf(cursor);
    const job = await this.#require(tenantId, id);
    const page = { limit: limit + 1, before };
    const checkpoints = await listFineTuningCheckpoints(this.parts.database, job.id, page);
    return toPage(checkpoints, limit, ({ step }) => String(step), viewFineTuningCheckpoint);
  }

  /** Errors: `tuning.not_finished`, `tuning.no_result`; those of the store. */
  async openResult(tenantId: string, id: string): Promise<FineTuningResult> {
    return openResult(this.parts.store, await this.#require(tenantId, id));
  }

  cancel(tenantId: string, id: string): Promise<FineTuning> {
    return this.#change(tenantId, id, cancelFineTuning);
  }

  /** Errors: `tuning.cancelling`, `tuning.finished`. */
  resume(tenantId: string, id: string): Promise<FineTuning> {
    return this.#change(tenantId, id, resumeFineTuning);
  }

  async #change(tenantId: string, id: string, change: Change): Promise<FineTuning> {
    const uuid = requireUuid('tuning', id);
    const state = await this.parts.database.transaction((tx) => change(tx, tenantId, uuid));
    if (state === undefined) throw notFound('tuning', id);
    return this.get(tenantId, id);
  }

  async #require(tenantId: string, id: string): Promise<FineTuningRecord> {
    const uuid = requireUuid('tuning', id);
    const job = await findFineTuning(this.parts.database, tenantId, uuid);
    if (job === undefined) throw notFound('tuning', id);
    return job;
  }
}

function numberOf(cursor: string | undefined): number | undefined {
  const position = decodeCursor(cursor, NUMBER_CURSOR);
  return position === undefined ? undefined : Number(position);
}
