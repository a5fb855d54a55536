import { AppError, newUuid, notFound, publicId } from '#contracts';
import {
  countUnfinishedImports,
  createImport,
  findImageSet,
  type ImportRecord,
  type Queryable,
} from '#database';

/** Imports into one set at once; each is work for a dispatcher and a lock on its counters. */
const MOST_UNFINISHED = 16;

/**
 * Input: an open transaction; a set of the tenant. Output: an import into it that lists.
 * Errors: `set.not_found`, `set.sealed`, `import.too_many`.
 */
export async function openImport(
  tx: Queryable,
  tenantId: string,
  setId: string,
  order: Pick<ImportRecord, 'name' | 'source'>,
): Promise<ImportRecord> {
  // Locked, so that it is not sealed between this look and the import's row.
  const set = await findImageSet(tx, tenantId, setId, { lock: true });
  if (set === undefined) throw notFound('set', publicId('set', setId));
  if (set.state === 'sealed') {
    throw new AppError('set.sealed', 'The set is sealed: create another one for more images.');
  }
  if ((await countUnfinishedImports(tx, setId)) >= MOST_UNFINISHED) {
    throw new AppError(
      'import.too_many',
      `The set has ${MOST_UNFINISHED} imports that have not ended. Wait for one, or cancel one.`,
    );
  }
  return createImport(tx, { id: newUuid(), tenantId, setId, ...order });
}
