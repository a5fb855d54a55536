import { Inject, Injectable } from '@nestjs/common';
import { AppError, notFound, thumbnailKey, requireUuid, type ThumbnailQuery } from '#contracts';
import { findImageContent } from '#database';
import { Slots } from '#intake';
import { makeThumbnail } from '#paligemma/pictures';
import { readImage } from '#storage';
import { API_PARTS, type ApiParts } from '../parts.js';

/** Pictures decoded at once: each is a thread and as many megabytes as it has million pixels, times four. */
const DECODES = 2;
/** More than a thumbnail of the largest edge takes, bytes. */
const THUMBNAIL_BYTES = 8 * 2 ** 20;

/** Small copies of pictures for screens: made when first asked for, then kept in the object store. */
@Injectable()
export class ThumbnailService {
  readonly #slots = new Slots(DECODES);

  constructor(@Inject(API_PARTS) private readonly parts: ApiParts) {}

  /** Errors: `set.not_found`, `image.not_found`, those of `makeThumbnail`. */
  async read(tenantId: string, setId: string, { n, edge }: ThumbnailQuery): Promise<Uint8Array> {
    const { database, store, config } = this.parts;
    const sha256 = await findImageContent(database, tenantId, requireUuid('set', setId), n);
    if (sha256 === undefined) throw notFound('set', setId);
    const key = thumbnailKey(tenantId, sha256, edge);
    const kept = await unlessMissing(store.read(key, THUMBNAIL_BYTES));
    if (kept !== undefined) return kept;
    const leave = await this.#slots.enter();
    try {
      const bytes = await readImage(store, { tenantId, sha256 }, config.limits.imageBytes);
      const thumbnail = await makeThumbnail(bytes, edge);
      await store.put(key, thumbnail, { bytes: thumbnail.length, contentType: 'image/webp' });
      return thumbnail;
    } finally {
      leave();
    }
  }
}

const unlessMissing = (read: Promise<Uint8Array>): Promise<Uint8Array | undefined> =>
  read.catch((error: unknown) => {
    if (error instanceof AppError && error.code === 'storage.not_found') return undefined;
    throw error;
  });
