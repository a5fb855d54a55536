import type { HeldListing, ListedPage } from '#database';
import { cleanFileName, parseBucketUri } from '#intake';
import type { CustomerBucket } from '#storage';

const CHUNK_ROWS = 500;

/** A page of 1,000 objects, of which those count that the URI means. Errors: those of the bucket. */
export async function listObjects(
  bucket: CustomerBucket,
  held: HeldListing,
  signal: AbortSignal,
): Promise<ListedPage> {
  const { prefix, matches } = parseBucketUri(held.bucket.uri);
  const { objects, hasMore } = await bucket.list(prefix, held.cursor ?? undefined, signal);
  const rows = objects
    .filter(({ key }) => matches(key))
    .map(({ key }) => ({ key, name: cleanFileName(key) }));
  const chunks = Array.from({ length: Math.ceil(rows.length / CHUNK_ROWS) }, (_, n) => ({
    rows: rows.slice(n * CHUNK_ROWS, (n + 1) * CHUNK_ROWS),
    refused: [],
    lineErrors: [],
  }));
  return { chunks, cursor: objects.at(-1)?.key ?? held.cursor, isLast: !hasMore };
}
