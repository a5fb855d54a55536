import { AppError, type ItemResult } from '#contracts';
import { listResults, type Database, type JobRecord } from '#database';
import type { ExportSource } from '#exports';
import { readImage, type ObjectStore, type StoredImage } from '#storage';
import { viewItem, viewJob } from './job-view.js';

/** Items of one statement. */
const PAGE_ITEMS = 500;

/** Of a picture that the store has no more, or not as it was. */
const LOST: ReadonlySet<string> = new Set(['storage.not_found', 'image.damaged']);

export interface ResultParts {
  readonly database: Database;
  readonly store: ObjectStore;
  /** Of one picture, in memory. */
  readonly imageBytes: number;
}

/** What exports of a job are made of. Page by page: no connection is held while somebody reads. */
export function jobExportSource(
  parts: ResultParts,
  tenantId: string,
  job: JobRecord,
): ExportSource {
  return {
    job: viewJob(job),
    results: () => results(parts.database, job),
    picture: (item) => picture(parts, { tenantId, sha256: item.image.sha256 }),
  };
}

async function* results(database: Database, job: JobRecord): AsyncGenerator<ItemResult> {
  for (let after: number | undefined; ;) {
    const items = await listResults(database, job, { limit: PAGE_ITEMS, after });
    for (const item of items) yield viewItem(job.id, item);
    if (items.length < PAGE_ITEMS) return;
    after = items.at(-1)!.n;
  }
}

async function picture(
  { store, imageBytes }: ResultParts,
  image: StoredImage,
): Promise<Uint8Array | undefined> {
  try {
    return await readImage(store, image, imageBytes);
  } catch (error) {
    if (error instanceof AppError && LOST.has(error.code)) return undefined;
    throw error;
  }
}
