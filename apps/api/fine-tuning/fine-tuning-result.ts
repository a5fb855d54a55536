import { Readable } from 'node:stream';
import { AppError, fineTuningResultPrefix } from '#contracts';
import type { FineTuningRecord } from '#database';
import type { ObjectStore } from '#storage';
import { tarBytes, tarOf } from './tar.js';

export interface FineTuningResult {
  /** Of the model. */
  readonly name: string;
  readonly bytes: number;
  /** A tar archive; whoever gets it reads or destroys it. */
  readonly content: Readable;
}

/**
 * What a job was trained to, as one archive that is made while it is read: nothing of it is held or written here.
 * Errors: `tuning.not_finished`; `tuning.no_result` when it succeeded before results were kept; those of the store.
 */
export async function openResult(
  store: ObjectStore,
  { tenantId, id, fence, state, model, finishedAt }: FineTuningRecord,
): Promise<FineTuningResult> {
  if (state !== 'succeeded' || model === null) {
    throw new AppError(
      'tuning.not_finished',
      `There is a result once the job has succeeded; it is ${state}.`,
    );
  }
  const prefix = `${fineTuningResultPrefix(tenantId, id, fence)}/`;
  const files: { readonly key: string; readonly bytes: number }[] = [];
  for await (const file of store.list(prefix)) files.push(file);
  if (files.length === 0) {
    throw new AppError(
      'tuning.no_result',
      `Only the model ${model} was kept of this job: it ended before results were. Train again to download one.`,
    );
  }
  const entries = files
    .toSorted((one, other) => (one.key < other.key ? -1 : 1))
    .map(({ key, bytes }) => ({
      name: key.slice(prefix.length),
      bytes,
      open: () => store.open(key),
    }));
  const content = Readable.from(tarOf(entries, finishedAt ?? new Date(0)), { objectMode: false });
  return { name: model, bytes: tarBytes(entries), content };
}
