import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import {
  AppError,
  newUuid,
  PART_URL_SECONDS,
  requireUuid,
  type CreateUpload,
  type PartUrls,
  type PartUrlsRequest,
  type Upload,
  type UploadParts,
} from '#contracts';
import {
  announceParts,
  countOpenUploads,
  countUploadingBytes,
  createUpload,
  lockOpenSet,
  markUploadAborted,
  markUploadComplete,
  requireRoomForBytes,
  type KeptAnswer,
} from '#database';
import { cleanFileName, Slots } from '#intake';
import { once } from '../idempotency/idempotency.js';
import { API_PARTS, type ApiParts } from '../parts.js';
import { bytesOfPart, choosePartBytes } from './part-layout.js';
import { partUrls } from './part-urls.js';
import { listPartsThere, requireAllParts } from './parts-there.js';
import { receivePart, type PartRequest } from './receive-part.js';
import { notOpen, requireOpen, requireUpload } from './require-upload.js';
import { viewUpload } from './upload-view.js';

/** Parts being received at once. */
const MAX_RECEIVING = 64;
/** Of one tenant. */
const MAX_OPEN_UPLOADS = 1_000;

@Injectable()
export class ResumableUploadService {
  readonly #receiving = new Slots(MAX_RECEIVING);

  constructor(@Inject(API_PARTS) private readonly parts: ApiParts) {}

  /** Errors: `set.not_found`, `set.sealed`, `upload.too_large`, `upload.too_many`, `upload.too_many_parts`, `quota.stored_bytes`. */
  create(
    tenantId: string,
    set: string,
    body: CreateUpload,
    key: string | undefined,
  ): Promise<KeptAnswer<Upload>> {
    const setId = requireUuid('set', set);
    const route = `POST /v1/image-sets/${set}/uploads`;
    return once(this.parts.database, { tenantId, key, route, body }, 201, async (tx) => {
      await lockOpenSet(tx, { tenantId, setId });
      this.#requireSize(body.bytes);
      if ((await countOpenUploads(tx, tenantId)) >= MAX_OPEN_UPLOADS) throw tooMany();
      // Its parts take that room before anybody knows what of it is there already.
      const bytes = body.bytes + (await countUploadingBytes(tx, tenantId));
      await requireRoomForBytes(tx, tenantId, bytes, this.parts.config.quota);
      const upload = await createUpload(tx, {
        id: newUuid(),
        tenantId,
        setId,
        name: cleanFileName(body.name),
        bytes: body.bytes,
        partBytes: choosePartBytes(body.bytes, body.part_bytes),
        sha256: body.sha256,
        secret: randomBytes(32),
        lifetimeMs: this.parts.config.uploadLifetimeMs,
      });
      return viewUpload(upload);
    });
  }

  async get(tenantId: string, id: string): Promise<Upload> {
    return viewUpload(await requireUpload(this.parts.database, tenantId, id));
  }

  async listParts(tenantId: string, id: string): Promise<UploadParts> {
    const upload = await requireUpload(this.parts.database, tenantId, id);
    return { object: 'upload_parts', data: await listPartsThere(this.parts, upload) };
  }

  /** Errors: `upload.not_found`, `upload.not_open`, `upload.no_such_part`. */
  async giveUrls(tenantId: string, id: string, body: PartUrlsRequest): Promise<PartUrls> {
    const { database, config } = this.parts;
    const upload = await requireUpload(database, tenantId, id);
    requireOpen(upload);
    for (const { n } of body.parts) bytesOfPart(upload, n);
    const times = { lifetimeMs: config.uploadLifetimeMs, urlMs: PART_URL_SECONDS * 1_000 };
    if (!(await announceParts(database, upload.id, body.parts, times))) throw notOpen(upload);
    return partUrls(this.parts, upload, body);
  }

  async receivePart(call: PartRequest): Promise<void> {
    const leave = this.#receiving.enterNow();
    try {
      await receivePart(this.parts, call);
    } finally {
      leave();
    }
  }

  /** Doing it twice is doing it once. Errors: `upload.incomplete`, `upload.not_open`; `set.sealed`. */
  async complete(tenantId: string, id: string): Promise<Upload> {
    const { database } = this.parts;
    const upload = await requireUpload(database, tenantId, id);
    if (upload.state === 'open') await requireAllParts(this.parts, upload);
    return database.transaction(async (tx) => {
      // The set first, as everywhere; whoever seals it waits, or finds this upload.
      if (upload.state === 'open') await lockOpenSet(tx, { tenantId, setId: upload.setId });
      const locked = await requireUpload(tx, tenantId, id, { lock: true });
      if (locked.state === 'assembling' || locked.state === 'done') return viewUpload(locked);
      requireOpen(locked);
      return viewUpload(await markUploadComplete(tx, locked.id));
    });
  }

  /** Errors: `upload.not_found`; `upload.not_open` when it is too late. */
  abort(tenantId: string, id: string): Promise<void> {
    return this.parts.database.transaction(async (tx) => {
      const upload = await requireUpload(tx, tenantId, id, { lock: true });
      if (upload.state === 'aborted' || upload.state === 'expired') return;
      requireOpen(upload);
      await markUploadAborted(tx, upload.id);
    });
  }

  #requireSize(bytes: number): void {
    const { zipBytes } = this.parts.config.limits;
    if (bytes <= zipBytes) return;
    throw new AppError(
      'upload.too_large',
      `An upload has ${zipBytes} bytes at most. Send several smaller archives, or raise MAX_ZIP_BYTES.`,
    );
  }
}

const tooMany = (): AppError =>
  new AppError(
    'upload.too_many',
    `${MAX_OPEN_UPLOADS} uploads are open. Complete or abort some of them before beginning another.`,
  );
