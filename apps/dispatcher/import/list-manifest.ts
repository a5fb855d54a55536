import { AppError } from '#contracts';
import { claimCustomIds, type Database, type HeldListing, type ListedPage } from '#database';
import {
  FIRST_PLACE,
  foundRows,
  manifestChunks,
  parseObjectUri,
  readManifestPage,
  type LinePlace,
} from '#intake';
import type { OutgoingGuard } from '#outgoing';
import type { CustomerBucket } from '#storage';

/**
 * Some lines of a manifest that lies in the bucket, from where the listing was left. Lines may be read twice when a
 * lister dies: their custom ids are known then, as of the same lines.
 * Errors: `manifest.missing`; those of the bucket and of the connection.
 */
export async function listManifest(
  { database, guard }: { readonly database: Database; readonly guard: OutgoingGuard },
  bucket: CustomerBucket,
  held: HeldListing,
  mostLines: number,
  signal: AbortSignal,
): Promise<ListedPage> {
  const object = parseObjectUri(held.bucket.uri);
  const from = placeOf(held.cursor);
  const body = await bucket.open(object.key, signal, from.bytes);
  if (body === undefined) {
    throw new AppError('manifest.missing', 'The bucket has no such manifest; see its `uri`.');
  }
  const rules = { guard, bucket: object.bucket };
  const { lines, next, isLast } = await readManifestPage(body, from, rules, mostLines);
  const chunks: ListedPage['chunks'][number][] = [];
  const claim = (ids: Parameters<typeof claimCustomIds>[2]) =>
    claimCustomIds(database, held.id, ids);
  for await (const chunk of manifestChunks([lines], claim)) {
    chunks.push(foundRows(held.id, chunk));
  }
  return { chunks, cursor: `${next.line} ${next.bytes}`, isLast };
}

function placeOf(cursor: string | null): LinePlace {
  if (cursor === null) return FIRST_PLACE;
  const [line = 0, bytes = 0] = cursor.split(' ').map(Number);
  return { line, bytes };
}
