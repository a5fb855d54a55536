import { readFile, writeFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { fineTuningResultPrefix } from '#contracts';
import type { FineTuningLease } from '#database';
import type { ObjectStore } from '#storage';
import { uploadFolder } from './stored-folder.js';

/** What tells of the run beside what came out of it, as far as it is there. */
const OF_THE_RUN = ['recipe.json', 'log.jsonl', 'plot.svg'];
const ADAPTER = 'adapter_config.json';

/**
 * Uploads what was trained, for its owner to download: an adapter or a whole checkpoint, with what tells of its run.
 * Folders of this machine are taken out. Nothing of it counts before the job has succeeded under this lease.
 * Errors: those of the store; whatever `signal` was aborted with.
 */
export async function storeResult(
  store: ObjectStore,
  { tenantId, jobId, fence, base }: FineTuningLease,
  { run, result }: { readonly run: string; readonly result: string },
  signal: AbortSignal,
): Promise<void> {
  for (const name of OF_THE_RUN) {
    const text = await findText(join(run, name));
    if (text !== undefined) await writeFile(join(result, name), text.replaceAll(run + sep, ''));
  }
  const adapter = await findText(join(result, ADAPTER));
  if (adapter !== undefined) {
    const config = { ...(JSON.parse(adapter) as object), base_model_name_or_path: base };
    await writeFile(join(result, ADAPTER), JSON.stringify(config, null, 2));
  }
  await uploadFolder(store, result, fineTuningResultPrefix(tenantId, jobId, fence), signal);
}

function findText(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}
