import { AppError, newUuid, publicId, type TenantQuota } from '#contracts';
import {
  chargeImageSet,
  createImageSet,
  recordFiles,
  type AcceptedFile,
  type JobRecord,
  type Queryable,
} from '#database';
import { judgeImage } from '#intake';
import { createJob } from '../jobs/create-job.js';
import type { PredictionForm } from './prediction-form.js';

/** Input: what a client sent. Output: the image as a set takes it. Errors: `image.*` when it is none. */
export function requireImage({ image, name }: PredictionForm): AcceptedFile {
  const judged = judgeImage(image.head);
  if ('refused' in judged) throw new AppError(judged.refused.code, judged.refused.detail);
  return { name, sha256: image.sha256, bytes: image.bytes, format: judged.format };
}

/**
 * Input: an open transaction; an image whose bytes are in the object store.
 * Output: a job of that one image, in the lane of those that somebody waits for. Errors: those of
 * `createJob` and of `chargeImageSet`; `quota.images`, `quota.stored_bytes`.
 */
export async function createPrediction(
  tx: Queryable,
  tenantId: string,
  file: AcceptedFile,
  { tasks, model }: PredictionForm['request'],
  quota: TenantQuota,
): Promise<JobRecord> {
  const setId = newUuid();
  await createImageSet(tx, { id: setId, tenantId, name: null, metadata: {} });
  const target = { tenantId, setId, imagesPerSet: 1, quota };
  const { accepted } = await recordFiles(tx, target, { accepted: [file], refused: [] });
  const [recorded] = accepted;
  if (recorded !== undefined && 'refused' in recorded) {
    throw new AppError(recorded.refused.code, recorded.refused.detail);
  }
  await chargeImageSet(tx, tenantId, quota);
  const image_set = publicId('set', setId);
  return createJob(
    tx,
    tenantId,
    { image_set, seal: true, tasks, model, priority: 0, cache: true },
    'interactive',
    quota,
  );
}
