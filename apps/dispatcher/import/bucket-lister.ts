import { AppError } from '#contracts';
import {
  claimListing,
  endImport,
  postponeListing,
  recordListedPage,
  type HeldListing,
  type ImportRow,
  type ListedPage,
} from '#database';
import { cleanFileName, parseBucketUri } from '#intake';
import { openBucket } from './open-bucket.js';
import type { ImportParts } from './import-parts.js';

/** Longer than a page may take, with its tries. */
const LEASE_MS = 180_000;
const CHUNK_ROWS = 500;
const MOST_FAILURES = 8;
const FIRST_PAUSE_MS = 2_000;

/**
 * Lists buckets, a page of 1,000 objects at a time. Any number may run: each page is added in the statement that
 * moves the cursor, under a fence, so one that died is gone on from, and one that wakes adds nothing.
 */
export class BucketLister {
  readonly #stop = new AbortController();

  constructor(private readonly parts: ImportParts) {}

  /** Output: whether there was anything to list. */
  async step(): Promise<boolean> {
    if (this.#stop.signal.aborted) return false;
    const held = await claimListing(this.parts.database, LEASE_MS);
    if (held === undefined) return false;
    try {
      const page = await this.#list(held);
      await this.parts.database.transaction((tx) => recordListedPage(tx, held, page));
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
    const { prefix, matches } = parseBucketUri(held.bucket.uri);
    const bucket = openBucket(this.parts, held.id, held.bucket);
    try {
      const after = held.cursor ?? undefined;
      const { objects, hasMore } = await bucket.list(prefix, after, this.#stop.signal);
      const rows = objects
        .filter(({ key }) => matches(key))
        .map(({ key }): ImportRow => ({ key, name: cleanFileName(key) }));
      const cursor = objects.at(-1)?.key ?? held.cursor;
      return { chunks: chunksOf(rows), cursor, isLast: !hasMore };
    } finally {
      bucket.close();
    }
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

function chunksOf(rows: readonly ImportRow[]): ImportRow[][] {
  const chunks: ImportRow[][] = [];
  for (let at = 0; at < rows.length; at += CHUNK_ROWS) chunks.push(rows.slice(at, at + CHUNK_ROWS));
  return chunks;
}
