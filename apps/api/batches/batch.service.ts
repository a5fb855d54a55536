import { Inject, Injectable } from '@nestjs/common';
import {
  AppError,
  newUuid,
  notFound,
  publicId,
  requireUuid,
  type Batch,
  type BatchPage,
  type BatchQuery,
  type CreateBatch,
} from '#contracts';
import {
  cancelBatch,
  chargeImageSet,
  createBatch,
  createImageSet,
  findBatch,
  findFile,
  listBatches,
  type KeptAnswer,
  type Queryable,
} from '#database';
import { once } from '../idempotency/idempotency.js';
import { toListPage } from '../page/list-page.js';
import { decodeCursor, UUID_CURSOR } from '../page/page.js';
import { API_PARTS, type ApiParts } from '../parts.js';
import { viewBatch } from './batch-view.js';

@Injectable()
export class BatchService {
  constructor(@Inject(API_PARTS) private readonly parts: ApiParts) {}

  /** Errors: `file.not_found`, `file.wrong_purpose`, `quota.image_sets`. What the lines say is told by the batch. */
  create(tenantId: string, body: CreateBatch, key: string | undefined): Promise<KeptAnswer<Batch>> {
    const scope = { tenantId, key, route: 'POST /v1/batches', body };
    return once(this.parts.database, scope, 200, async (tx) => {
      const [id, setId] = [newUuid(), newUuid()];
      const inputFile = await requireInput(tx, tenantId, body.input_file_id);
      const metadata = body.metadata ?? {};
      const name = publicId('batch', id);
      await createImageSet(tx, { id: setId, tenantId, name, metadata });
      const batch = await createBatch(tx, {
        id,
        tenantId,
        inputFile,
        endpoint: body.endpoint,
        completionWindow: body.completion_window,
        windowHours: hoursOf(body.completion_window),
        metadata,
        setId,
      });
      await chargeImageSet(tx, tenantId, this.parts.config.quota);
      return viewBatch(batch);
    });
  }

  async get(tenantId: string, id: string): Promise<Batch> {
    const batch = await findBatch(this.parts.database, tenantId, requireUuid('batch', id));
    if (batch === undefined) throw notFound('batch', id);
    return viewBatch(batch);
  }

  async list(tenantId: string, { limit, cursor, after }: BatchQuery): Promise<BatchPage> {
    const last = after === undefined ? undefined : requireUuid('batch', after);
    const before = last ?? decodeCursor(cursor, UUID_CURSOR);
    const batches = await listBatches(this.parts.database, tenantId, { limit: limit + 1, before });
    return toListPage(batches, limit, (batch) => batch.id, viewBatch);
  }

  /** Errors: `batch.not_found`, `batch.ended`. */
  async cancel(tenantId: string, id: string): Promise<Batch> {
    const state = await cancelBatch(this.parts.database, tenantId, requireUuid('batch', id));
    if (state === undefined) throw notFound('batch', id);
    if (state === 'failed' || state === 'completed' || state === 'expired') {
      throw new AppError(
        'batch.ended',
        `The batch has ended (${state}); nothing is left to cancel.`,
      );
    }
    return this.get(tenantId, id);
  }
}

const HOURS = { h: 1, d: 24 };

const hoursOf = (window: string): number =>
  Number(window.slice(0, -1)) * HOURS[window.at(-1) as keyof typeof HOURS];

async function requireInput(tx: Queryable, tenantId: string, id: string): Promise<string> {
  const file = await findFile(tx, tenantId, requireUuid('file', id), { hold: true });
  if (file === undefined) throw notFound('file', id);
  if (file.purpose === 'batch') return file.id;
  throw new AppError(
    'file.wrong_purpose',
    `The file ${id} was sent for \`${file.purpose}\`; send it again with the purpose \`batch\`.`,
  );
}
