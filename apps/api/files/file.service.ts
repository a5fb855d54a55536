import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import {
  notFound,
  requireUuid,
  type PageQuery,
  type TrainingFile,
  type TrainingFilePage,
} from '#contracts';
import { findTrainingFile, listTrainingFiles } from '#database';
import { Slots } from '#intake';
import { decodeCursor, toPage, UUID_CURSOR } from '../page/page.js';
import { API_PARTS, type ApiParts } from '../parts.js';
import { viewFile } from './file-view.js';
import { receiveFile } from './receive-file.js';

/** Files being received at once; each waits on disk. */
const MAX_UPLOADS = 8;

@Injectable()
export class FileService {
  readonly #slots = new Slots(MAX_UPLOADS);

  constructor(@Inject(API_PARTS) private readonly parts: ApiParts) {}

  /** Errors: those of `receiveFile`; `server.busy`. */
  async receive(tenantId: string, request: FastifyRequest): Promise<TrainingFile> {
    const leave = this.#slots.enterNow();
    try {
      return viewFile(await receiveFile(this.parts, tenantId, request));
    } finally {
      leave();
    }
  }

  async get(tenantId: string, id: string): Promise<TrainingFile> {
    const file = await findTrainingFile(this.parts.database, tenantId, requireUuid('file', id));
    if (file === undefined) throw notFound('file', id);
    return viewFile(file);
  }

  async list(tenantId: string, { limit, cursor }: PageQuery): Promise<TrainingFilePage> {
    const before = decodeCursor(cursor, UUID_CURSOR);
    const page = { limit: limit + 1, before };
    const files = await listTrainingFiles(this.parts.database, tenantId, page);
    return toPage(files, limit, (file) => file.id, viewFile);
  }
}
