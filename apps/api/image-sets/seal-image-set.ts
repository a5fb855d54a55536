import { AppError, notFound, publicId } from '#contracts';
import {
  countUnfinishedImports,
  findImageSet,
  hasAssembling,
  markImageSetSealed,
  type ImageSetRecord,
  type Queryable,
} from '#database';

/**
 * Input: an open transaction. Output: the sealed set, which now never changes; sealing it again is no
 * change. Errors: `set.not_found`, `set.empty`, `set.uploading`, `set.importing`.
 */
export async function sealImageSet(
  tx: Queryable,
  tenantId: string,
  setId: string,
): Promise<ImageSetRecord> {
  const set = await findImageSet(tx, tenantId, setId, { lock: true });
  if (set === undefined) throw notFound('set', publicId('set', setId));
  if (set.state === 'sealed') return set;
  if (await hasAssembling(tx, setId)) {
    throw new AppError(
      'set.uploading',
      'Pictures of a completed upload are still on their way into the set. Seal it when they are there.',
      { retryable: true },
    );
  }
  if ((await countUnfinishedImports(tx, setId)) > 0) {
    throw new AppError(
      'set.importing',
      'Imports into the set have not ended. Wait for them, or cancel them, and seal it then.',
    );
  }
  if (set.accepted === 0) {
    throw new AppError(
      'set.empty',
      'The set has no images. Upload at least one before sealing it.',
    );
  }
  return markImageSetSealed(tx, setId);
}
