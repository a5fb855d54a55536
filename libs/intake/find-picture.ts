import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, fileKey, type StorageQuota } from '#contracts';
import { findBlob, findFile, type Database, type SeenBlob } from '#database';
import type { OutgoingGuard } from '#outgoing';
import type { ObjectStore } from '#storage';
import { fetchImage } from './fetch-image.js';
import { storeImage } from './image-store.js';
import { imageTooLarge, judgeImage, refusal, type Refusal } from './refusal.js';
import { RefusedFileError, spool, type SpooledFile } from './spool.js';

/** Where a picture is: in the text itself, at a URL, or among what the tenant has sent before. */
export type PictureSource =
  | { readonly kind: 'data'; readonly base64: string }
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'sha256'; readonly sha256: string }
  /** A UUID. */
  | { readonly kind: 'file'; readonly fileId: string };

/** Pauses between tries of a URL whose server says: not now. */
const TRY_AGAIN_MS = [500, 3_000];
const CONNECT_MS = 5_000;
const FETCH_MS = 30_000;
/** What is stored when it is looked for needs no time: its row must still be there when it is used. */
const SEEN_AS_STORED = '-infinity';

export interface PictureTools {
  readonly database: Database;
  readonly store: ObjectStore;
  /** Without one, nothing is fetched: only the dispatcher calls addresses that clients have chosen. */
  readonly guard?: OutgoingGuard;
  readonly imageBytes: number;
  /** Of the tenant. */
  readonly quota: StorageQuota;
  readonly signal: AbortSignal;
}

/** A picture whose bytes the object store has. */
export interface Picture {
  readonly sha256: string;
  readonly bytes: number;
  readonly format: string;
  readonly seen: SeenBlob;
}

/**
 * Brings the picture of a request into the object store. Output: what it is, or why there is none.
 * Errors: those that pass by themselves, of the store and of the connection; whatever `signal` was aborted with.
 */
export async function findPicture(
  tools: PictureTools,
  tenantId: string,
  image: PictureSource,
): Promise<Picture | { readonly refused: Refusal }> {
  if (image.kind === 'sha256') return findKnown(tools, tenantId, image.sha256);
  let file: SpooledFile;
  try {
    file = await readBytes(tools, tenantId, image);
  } catch (error) {
    if (error instanceof RefusedFileError) return { refused: error.refusal };
    throw error;
  }
  try {
    const judged = judgeImage(file.head);
    if ('refused' in judged) return judged;
    const seen = await storeImage(tools, { tenantId, quota: tools.quota }, file);
    if ('refused' in seen) return seen;
    return { sha256: file.sha256, bytes: file.bytes, format: judged.format, seen };
  } finally {
    await file.dispose();
  }
}

async function findKnown({ database }: PictureTools, tenantId: string, sha256: string) {
  const blob = await findBlob(database, tenantId, sha256);
  if (blob !== undefined) return { sha256, ...blob, seen: { stored: true, at: SEEN_AS_STORED } };
  return { refused: refusal('image.not_found', `No picture ${sha256} was sent with this key.`) };
}

function readBytes(
  tools: PictureTools,
  tenantId: string,
  image: Exclude<PictureSource, { kind: 'sha256' }>,
): Promise<SpooledFile> {
  if (image.kind === 'url') return fetchPatiently(tools, image.url);
  if (image.kind === 'file') return readFile(tools, tenantId, image.fileId);
  return spoolWithin(
    tools,
    (async function* () {
      yield Buffer.from(image.base64, 'base64');
    })(),
  );
}

async function readFile(
  tools: PictureTools,
  tenantId: string,
  fileId: string,
): Promise<SpooledFile> {
  const file = await findFile(tools.database, tenantId, fileId);
  if (file === undefined) {
    throw new RefusedFileError(refusal('file.not_found', 'There is no such file.'));
  }
  return spoolWithin(tools, await tools.store.open(fileKey(tenantId, fileId)));
}

function spoolWithin(
  { imageBytes }: PictureTools,
  source: AsyncIterable<Uint8Array>,
): Promise<SpooledFile> {
  const limit = { bytes: imageBytes, refusal: imageTooLarge(imageBytes) };
  return spool(source, () => limit, { drain: false });
}

async function fetchPatiently(tools: PictureTools, url: string): Promise<SpooledFile> {
  const { guard, imageBytes, signal } = tools;
  if (guard === undefined) {
    const detail =
      'Pictures are not fetched while you wait. Send this one as a data: URL, or send a batch.';
    throw new RefusedFileError(refusal('image.url_not_allowed', detail));
  }
  for (let turn = 0; ; turn += 1) {
    try {
      const limits = { imageBytes, connectMs: CONNECT_MS, totalMs: FETCH_MS, signal };
      return await fetchImage(guard, url, limits);
    } catch (error) {
      const delayMs = TRY_AGAIN_MS[turn];
      if (!(error instanceof AppError) || !error.retryable) throw error;
      if (delayMs === undefined) throw new RefusedFileError(refusal(error.code, error.message));
      await sleep(delayMs, undefined, { signal });
    }
  }
}
