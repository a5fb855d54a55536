import { AppError } from '#contracts';
import {
  claimListing,
  endImport,
  forgetCustomIds,
  postponeListing,
  recordListedPage,
  type HeldListing,
  type ListedPage,
} from '#database';
import { listManifest } from './list-manifest.js';
import { listObjects } from './list-objects.js';
import { openBucket } from './open-bucket.js';
import type { ImportParts } from './import-parts.js';

/** Longer than a page may take, with its tries. */
const LEASE_MS = 180_000;
/** Of a manifest, read at once. */
const MANIFEST_LINES = 10_000;
const MOST_FAILURES = 8;
const FIRST_PAUSE_MS = 2_000;

/**
 * Lists buckets, or the manifests in them, a page at a time. Any number may run: each page is added in the statement
 * that moves the cursor, under a fence, so one that died is gone on from, and one that wakes adds nothing.
 */
export class BucketLister {
  readonly #stop = new AbortController();

  constructor(
    private readonly parts: ImportParts,
    private readonly manifestLines = MANIFEST_LINES,
  ) {}

  /** Output: whether there was anything to list. */
  async step(): Promise<boolean> {
    if (this.#stop.signal.aborted) return false;
    const held = await claimListing(this.parts.database, LEASE_MS);
    if (held === undefined) return false;
    try {
      const page = await this.#list(held);
      await this.#record(held, page);
    } catch (error) {
      await this.#fail(held, error);
    }
    return true;
  }

  /** Cuts off a page that is being read; its listing is due at once. */
  stop(): void {
    this.#stop.abort();
  }

  async #list(held: HeldListing): Promise<ListedPage> {
    const { signal } = this.#stop;
    const bucket = openBucket(this.parts, held.id, held.bucket);
    try {
      if (!held.bucket.isManifest) return await listObjects(bucket, held, signal);
      return await listManifest(this.parts, bucket, held, this.manifestLines, signal);
    } finally {
      bucket.close();
    }
  }

  async #record(held: HeldListing, page: ListedPage): Promise<void> {
    const { database, limits } = this.parts;
    await database.transaction((tx) => recordListedPage(tx, held, page, limits.imagesPerSet));
    if (held.bucket.isManifest && page.isLast) await forgetCustomIds(database, held.id);
  }

  async #fail(held: HeldListing, error: unknown): Promise<void> {
    const { database, log } = this.parts;
    if (this.#stop.signal.aborted) {
      await postponeListing(database, held, { afterMs: 0, isFailure: false });
      return;
    }
    const isPassing = !(error instanceof AppError) || error.retryable;
    const pause = { afterMs: FIRST_PAUSE_MS, isFailure: true };
    const failures = isPassing ? await postponeListing(database, held, pause) : MOST_FAILURES;
    if (failures < MOST_FAILURES) {
      log.warn({ error, importId: held.id }, 'bucket not listed');
      return;
    }
    const code = error instanceof AppError ? error.code : 'bucket.failed';
    const detail = error instanceof AppError ? error.message : 'The bucket could not be listed.';
    await endImport(database, held.id, { state: 'failed', error: { code, detail } });
  }
}
