import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import {
  AppError,
  notFound,
  publicId,
  requireUuid,
  type Import,
  type ImportPage,
  type ImportQuery,
  type ManifestCheck,
  type PageQuery,
} from '#contracts';
import { endImport, findImageSet, findImport, listImports, type ImportRecord } from '#database';
import { openImageGuard, Slots } from '#intake';
import type { OutgoingGuard } from '#outgoing';
import { SecretBox } from '#secrets';
import { requireOpenSet } from '../intake/upload.js';
import { decodeCursor, toPage, UUID_CURSOR } from '../page/page.js';
import { API_PARTS, type ApiParts } from '../parts.js';
import { viewImport } from './import-view.js';
import { manifestBody } from './manifest-body.js';
import { orderBucketImport, readBucketOrder } from './order-bucket-import.js';
import { openImport } from './open-import.js';
import { checkManifest, receiveManifest } from './receive-manifest.js';

/** Manifests being received at once; each holds a few hundred rows. */
const MAX_RECEIVING = 32;

@Injectable()
export class ImportService {
  readonly #slots = new Slots(MAX_RECEIVING);
  readonly #guard: OutgoingGuard;
  readonly #secrets: SecretBox;

  constructor(@Inject(API_PARTS) private readonly parts: ApiParts) {
    this.#guard = openImageGuard(parts.config.outgoingAllow);
    this.#secrets = new SecretBox(parts.config.secretsKey);
  }

  /** Errors: those of `openImport`, `receiveManifest`; `server.busy`, `request.unsupported_media_type`. */
  async receive(
    tenantId: string,
    set: string,
    query: ImportQuery,
    request: FastifyRequest,
  ): Promise<Import | ManifestCheck> {
    const setId = requireUuid('set', set);
    await requireOpenSet(this.parts, tenantId, setId);
    if (isJson(request)) return this.#order({ tenantId, setId }, request.body);
    const manifest = { ...manifestBody(request), guard: this.#guard };
    const leave = this.#slots.enterNow();
    try {
      if (query.dry_run) return await checkManifest(this.parts, manifest);
      const order = { name: query.name ?? null, source: 'manifest' as const };
      const record = await this.parts.database.transaction((tx) =>
        openImport(tx, tenantId, setId, order),
      );
      await receiveManifest(this.parts, record, manifest);
      return viewImport(await this.#find(tenantId, record.id));
    } finally {
      leave();
    }
  }

  async #order(target: { tenantId: string; setId: string }, body: unknown): Promise<Import> {
    const order = readBucketOrder(body, this.#guard);
    return viewImport(await orderBucketImport(this.parts, this.#secrets, target, order));
  }

  async get(tenantId: string, id: string): Promise<Import> {
    return viewImport(await this.#find(tenantId, requireUuid('import', id)));
  }

  async list(tenantId: string, set: string, { limit, cursor }: PageQuery): Promise<ImportPage> {
    const before = decodeCursor(cursor, UUID_CURSOR);
    const setId = requireUuid('set', set);
    if ((await findImageSet(this.parts.database, tenantId, setId)) === undefined) {
      throw notFound('set', set);
    }
    const imports = await listImports(this.parts.database, setId, { limit: limit + 1, before });
    return toPage(imports, limit, ({ id }) => id, viewImport);
  }

  /** Errors: `import.not_found`, `import.ended`. */
  async cancel(tenantId: string, id: string): Promise<Import> {
    const record = await this.#find(tenantId, requireUuid('import', id));
    const hasEnded = !(await endImport(this.parts.database, record.id, { state: 'cancelled' }));
    const now = await this.#find(tenantId, record.id);
    if (hasEnded && now.state !== 'cancelled') {
      throw new AppError('import.ended', 'The import has ended; there is nothing to cancel.');
    }
    return viewImport(now);
  }

  async #find(tenantId: string, id: string): Promise<ImportRecord> {
    const record = await findImport(this.parts.database, tenantId, id);
    if (record === undefined) throw notFound('import', publicId('import', id));
    return record;
  }
}

const isJson = ({ headers }: FastifyRequest): boolean =>
  /^application\/json\s*(;|$)/i.test(headers['content-type'] ?? '');
