import type { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import {
  fileKey,
  notFound,
  requireUuid,
  type DeletedFile,
  type FilePage,
  type FileQuery,
  type StoredFile,
} from '#contracts';
import { deleteFile, findFile, listFiles, markFileRemoved, type FileRecord } from '#database';
import { Slots } from '#intake';
import { toListPage } from '../page/list-page.js';
import { decodeCursor, UUID_CURSOR } from '../page/page.js';
import { API_PARTS, type ApiParts } from '../parts.js';
import { viewFile } from './file-view.js';
import { receiveFile } from './receive-file.js';

/** Files being received at once; each waits on disk. */
const MAX_UPLOADS = 8;

export interface OpenFile {
  readonly body: Readable;
  readonly file: FileRecord;
}

@Injectable()
export class FileService {
  readonly #slots = new Slots(MAX_UPLOADS);

  constructor(@Inject(API_PARTS) private readonly parts: ApiParts) {}

  /** Errors: those of `receiveFile`; `server.busy`. */
  async receive(tenantId: string, request: FastifyRequest): Promise<StoredFile> {
    const leave = this.#slots.enterNow();
    try {
      return viewFile(await receiveFile(this.parts, tenantId, request));
    } finally {
      leave();
    }
  }

  async get(tenantId: string, id: string): Promise<StoredFile> {
    return viewFile(await this.#require(tenantId, id));
  }

  async list(tenantId: string, { cursor, after, ...query }: FileQuery): Promise<FilePage> {
    const last = after === undefined ? undefined : requireUuid('file', after);
    const position = last ?? decodeCursor(cursor, UUID_CURSOR);
    const page = { ...query, limit: query.limit + 1, after: position };
    const files = await listFiles(this.parts.database, tenantId, page);
    return toListPage(files, query.limit, (file) => file.id, viewFile);
  }

  /** The caller reads or destroys the body. Errors: `file.not_found`. */
  async open(tenantId: string, id: string): Promise<OpenFile> {
    const file = await this.#require(tenantId, id);
    return { file, body: await this.parts.store.open(fileKey(tenantId, file.id)) };
  }

  /** Errors: `file.not_found`, `file.in_use`. */
  async delete(tenantId: string, id: string): Promise<DeletedFile> {
    const { database, store, log } = this.parts;
    const uuid = requireUuid('file', id);
    const hasBytes = await database.transaction((tx) => deleteFile(tx, tenantId, uuid));
    if (hasBytes === undefined) throw notFound('file', id);
    if (hasBytes) {
      try {
        await store.remove(fileKey(tenantId, uuid));
        await markFileRemoved(database, uuid);
      } catch (error) {
        log.warn(
          { error, file: uuid },
          'bytes of a deleted file are left; the dispatcher removes them',
        );
      }
    }
    return { object: 'file', id, deleted: true };
  }

  async #require(tenantId: string, id: string): Promise<FileRecord> {
    const file = await findFile(this.parts.database, tenantId, requireUuid('file', id));
    if (file === undefined) throw notFound('file', id);
    return file;
  }
}
