import { createHash, randomUUID } from 'node:crypto';
import { AppError, type Job, type Task, type UploadedFile } from '#contracts';
import type { PalletClient } from '../client/pallet-client.js';
import type { CliContext } from '../context.js';
import type { ImageFile } from '../upload/image-file.js';
import { uploadAll, type UploadTotal } from '../upload/upload.js';
import { waitForJob } from './wait.js';

export interface Order {
  files: readonly ImageFile[];
  tasks: readonly Task[];
  model?: string;
  name?: string;
}

export interface Analysis {
  job: Job;
  /** Files that were no picture the server can read. */
  refused: UploadedFile[];
}

/** The whole way: a new set, the files into it, a job over it, and its end. */
export async function analyse(
  client: PalletClient,
  order: Order,
  context: CliContext,
): Promise<Analysis> {
  const { signal, output } = context;
  const name = order.name;
  const set = await client.createImageSet({ name }, { signal, idempotencyKey: randomUUID() });
  const total = await uploadWithProgress(client, set.id, order.files, context);
  if (total.accepted + total.duplicate === 0) {
    throw new AppError(
      'cli.nothing_accepted',
      'None of these files is a picture that can be read.',
    );
  }
  const job = await client.createJob(
    { image_set: set.id, seal: true, tasks: [...order.tasks], model: order.model, name },
    { signal, idempotencyKey: manifestKey(set.id, order) },
  );
  output.note(`Job ${job.id}: ${job.item_counts.total} images, model ${job.model}`);
  const progress = output.progress('analysing');
  try {
    return { job: await waitForJob(client, job.id, { progress, signal }), refused: total.refused };
  } catch (error) {
    if (signal.aborted) output.note(`${job.id} was left to itself.`);
    throw error;
  }
}

/** Uploads with a bar, then names each refused file with its reason on stderr. */
export async function uploadWithProgress(
  client: PalletClient,
  setId: string,
  files: readonly ImageFile[],
  { output, signal }: CliContext,
): Promise<UploadTotal> {
  const progress = output.progress('uploading');
  let total: UploadTotal;
  try {
    progress.show(0, files.length);
    total = await uploadAll(client, setId, files, { onProgress: progress.show, signal });
  } finally {
    progress.stop();
  }
  for (const { name, error } of total.refused) {
    output.note(
      `refused ${name}: ${error?.code ?? 'unknown'} (${error?.detail ?? 'no reason given'})`,
    );
  }
  return total;
}

/** A create that is sent again after a lost answer finds the job of the first. */
function manifestKey(setId: string, order: Order): string {
  const manifest = { setId, ...order, files: order.files.map(({ name, bytes }) => [name, bytes]) };
  return createHash('sha256').update(JSON.stringify(manifest)).digest('hex');
}
