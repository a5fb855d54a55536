import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fineTuningResultPrefix } from '#contracts';
import type { FineTuningLease } from '#database';
import type { ObjectStore } from '#storage';
import { uploadFolder } from './stored-folder.js';

/** What tells of the run beside what came out of it, as far as it is there. */
const OF_THE_RUN = ['recipe.json', 'log.jsonl', 'plot.svg'];

/**
 * Uploads what was trained, for its owner to download: an adapter or a whole checkpoint, with what tells of its run.
 * Nothing of it counts before the job has succeeded under this lease.
 * Errors: those of the store; whatever `signal` was aborted with.
 */
export async function storeResult(
  store: ObjectStore,
  { tenantId, jobId, fence }: FineTuningLease,
  folders: { readonly run: string; readonly result: string },
  signal: AbortSignal,
): Promise<void> {
  for (const name of OF_THE_RUN) {
    await copyFile(join(folders.run, name), join(folders.result, name)).catch(
      (error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error;
      },
    );
  }
  await uploadFolder(store, folders.result, fineTuningResultPrefix(tenantId, jobId, fence), signal);
}
