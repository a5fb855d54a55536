import { AppError, newUuid, publicId, type JobQuota } from '#contracts';
import {
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
 * Output: a job of that one image, in the lane of those that somebody waits for. Errors: those of `createJob`.
 */
export async function createPrediction(
  tx: Queryable,
  tenantId: string,
  file: AcceptedFile,
  { tasks, model }: PredictionForm['request'],
  quota: JobQuota,
): Promise<JobRecord> {
  const setId = newUuid();
  await createImageSet(tx, { id: setId, tenantId, name: null, metadata: {} });
  await recordFiles(tx, { tenantId, setId, imagesPerSet: 1 }, { accepted: [file], refused: [] });
  const image_set = publicId('set', setId);
  return createJob(
    tx,
    tenantId,
    { image_set, seal: true, tasks, model, priority: 0, cache: true },
    'interactive',
    quota,
  );
}
