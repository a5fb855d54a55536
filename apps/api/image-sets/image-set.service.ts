import { Inject, Injectable } from '@nestjs/common';
import {
  newUuid,
  notFound,
  requireUuid,
  type CreateImageSet,
  type DeletedImages,
  type ImageChoice,
  type ImageSet,
  type ImageSetPage,
  type KnownImages,
  type KnownImagesRequest,
  type PageQuery,
  type RefusedFilePage,
} from '#contracts';
import {
  chargeImageSet,
  createImageSet,
  deleteImages,
  deleteImageSet,
  findImageSet,
  listImageSets,
  listRefusedFiles,
  recordKnown,
  type KeptAnswer,
} from '#database';
import { cleanFileName } from '#intake';
import { once } from '../idempotency/idempotency.js';
import { decodeCursor, LONG_CURSOR, toPage, UUID_CURSOR } from '../page/page.js';
import { API_PARTS, type ApiParts } from '../parts.js';
import { viewImageSet, viewRefusedFile } from './image-set-view.js';
import { viewKnownImages } from './known-images-view.js';
import { sealImageSet } from './seal-image-set.js';

@Injectable()
export class ImageSetService {
  constructor(@Inject(API_PARTS) private readonly parts: ApiParts) {}

  /** Errors: `quota.image_sets`. */
  create(
    tenantId: string,
    body: CreateImageSet,
    key: string | undefined,
  ): Promise<KeptAnswer<ImageSet>> {
    const scope = { tenantId, key, route: 'POST /v1/image-sets', body };
    return once(this.parts.database, scope, 201, async (tx) => {
      const { name = null, metadata = {} } = body;
      const set = await createImageSet(tx, { id: newUuid(), tenantId, name, metadata });
      await chargeImageSet(tx, tenantId, this.parts.config.quota);
      return viewImageSet(set);
    });
  }

  async get(tenantId: string, id: string): Promise<ImageSet> {
    const set = await findImageSet(this.parts.database, tenantId, requireUuid('set', id));
    if (set === undefined) throw notFound('set', id);
    return viewImageSet(set);
  }

  async list(tenantId: string, { limit, cursor }: PageQuery): Promise<ImageSetPage> {
    const before = decodeCursor(cursor, UUID_CURSOR);
    const sets = await listImageSets(this.parts.database, tenantId, { limit: limit + 1, before });
    return toPage(sets, limit, (set) => set.id, viewImageSet);
  }

  async listRefused(
    tenantId: string,
    id: string,
    { limit, cursor }: PageQuery,
  ): Promise<RefusedFilePage> {
    const after = decodeCursor(cursor, LONG_CURSOR);
    const setId = requireUuid('set', id);
    await this.get(tenantId, id);
    const files = await listRefusedFiles(this.parts.database, setId, { limit: limit + 1, after });
    return toPage(files, limit, (file) => file.id, viewRefusedFile);
  }

  async seal(tenantId: string, id: string): Promise<ImageSet> {
    const setId = requireUuid('set', id);
    const set = await this.parts.database.transaction((tx) => sealImageSet(tx, tenantId, setId));
    return viewImageSet(set);
  }

  /** Adds what the tenant has sent before without its bytes. Errors: `set.not_found`, `set.sealed`, `set.full`. */
  async addKnown(
    tenantId: string,
    id: string,
    { images }: KnownImagesRequest,
  ): Promise<KnownImages> {
    const { quota, limits } = this.parts.config;
    const { imagesPerSet } = limits;
    const target = { tenantId, setId: requireUuid('set', id), imagesPerSet, quota };
    const named = images.map(({ name, sha256, custom_id: customId, metadata, tasks }) => ({
      name: cleanFileName(name),
      sha256,
      customId,
      tasks,
      metadata,
    }));
    const recorded = await this.parts.database.transaction((tx) => recordKnown(tx, target, named));
    return viewKnownImages(named, recorded);
  }

  /** From then on nobody finds it; its bytes follow. Errors: `set.not_found`, `set.in_use`. */
  async remove(tenantId: string, id: string): Promise<void> {
    const setId = requireUuid('set', id);
    const { database } = this.parts;
    const set = await database.transaction((tx) => deleteImageSet(tx, tenantId, setId));
    if (set === undefined) throw notFound('set', id);
  }

  /** Errors: `set.not_found`, `set.sealed`. */
  async removeImages(tenantId: string, id: string, choice: ImageChoice): Promise<DeletedImages> {
    const target = { tenantId, setId: requireUuid('set', id) };
    const { name, sha256, custom_id: customId } = choice;
    const { set, deleted } = await this.parts.database.transaction((tx) =>
      deleteImages(tx, target, { name, sha256, customId }),
    );
    return { object: 'deleted_images', image_set: viewImageSet(set), deleted };
  }
}
