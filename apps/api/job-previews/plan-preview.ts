import {
  AppError,
  newUuid,
  notFound,
  requireUuid,
  type JobQuota,
  type PreviewJob,
} from '#contracts';
import {
  estimateKnownShare,
  findImageSet,
  findJob,
  planJob,
  type JobRecord,
  type Queryable,
} from '#database';
import { sampleItems } from '#pipeline';
import { chooseModel } from '../models/choose-model.js';

export interface PlannedPreview {
  /** Of the samples. */
  readonly job: JobRecord;
  /** Images that the job itself would have. */
  readonly items: number;
  readonly knownShare: number;
}

/**
 * Input: an open transaction. Output: a job of the samples, in the lane of those that somebody waits for; the set
 * stays open if it is. Errors: those that creating the job would have.
 */
export async function planPreview(
  tx: Queryable,
  tenantId: string,
  request: PreviewJob,
  quota: JobQuota,
): Promise<PlannedPreview> {
  const model = await chooseModel(tx, tenantId, request.model);
  const setId = requireUuid('set', request.image_set);
  const items = await countImages(tx, tenantId, setId, request);
  const { tasks, cache } = request;
  const preview = chosenImages(items, request) ?? sampleItems(items, request.samples);
  const id = newUuid();
  await planJob(tx, {
    id,
    tenantId,
    setId,
    model,
    tasks,
    preview,
    name: null,
    priority: 0,
    lane: 'interactive',
    metadata: {},
    itemCount: preview.length,
    quota,
    // What is known takes no time, and time is what is asked for.
    cache: false,
  });
  const job = await findJob(tx, tenantId, id);
  if (job === undefined) throw new Error(`Preview ${id} is not there after planning it.`);
  const asked = { tenantId, setId, model, tasks, itemCount: items };
  return { job, items, knownShare: cache ? await estimateKnownShare(tx, asked) : 0 };
}

/** In the order of the set, each once. Errors: `image.not_found`. */
function chosenImages(items: number, { images, image_set }: PreviewJob): number[] | undefined {
  const beyond = images?.find((n) => n >= items);
  if (beyond === undefined) return images && [...new Set(images)].toSorted((a, b) => a - b);
  throw new AppError(
    'image.not_found',
    `The set has no image ${beyond}; its images are numbered from 0 to ${items - 1}.`,
    { context: { image_set, n: beyond } },
  );
}

async function countImages(
  tx: Queryable,
  tenantId: string,
  setId: string,
  request: PreviewJob,
): Promise<number> {
  const set = await findImageSet(tx, tenantId, setId);
  if (set === undefined) throw notFound('set', request.image_set);
  if (set.state === 'open' && !request.seal) {
    throw new AppError(
      'set.open',
      'The set is still open. Seal it first, or send `seal: true`; a preview seals nothing.',
    );
  }
  if (set.accepted === 0) {
    throw new AppError('set.empty', 'The set has no images. Upload at least one first.');
  }
  return set.accepted;
}
