import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { untar } from '../client/untar.js';
import { connect, type CommandInput } from '../context.js';
import { usageError } from '../exit-code.js';
import { megabytes } from './models/store.js';

export interface DownloadFlags {
  json?: boolean;
}

/** Brings the result of a job into a folder of its own, which appears whole or not at all. */
export async function downloadResult(
  input: CommandInput<DownloadFlags>,
  id: string,
  wanted?: string,
): Promise<void> {
  const { flags, context } = input;
  const { output, signal } = context;
  const client = await connect(input);
  const { fine_tuned_model: model } = await client.getFineTuning(id, { signal });
  // A job without a model has no result: the API says so in its own words.
  const folder = resolve(wanted ?? model ?? id);
  if (existsSync(folder)) throw usageError(`${folder} is there already. Give another folder.`);
  const { content, bytes } = await client.downloadFineTuningResult(id, { signal });
  const partial = `${folder}.partial`;
  const progress = output.progress('downloading MB');
  try {
    await rm(partial, { recursive: true, force: true });
    await mkdir(partial, { recursive: true });
    const files = await untar(content, partial, (came) =>
      progress.show(megabytes(came), megabytes(bytes)),
    );
    await rename(partial, folder);
    await (flags.json
      ? output.json({ object: 'download', folder, files })
      : output.data(`${folder}\n`));
  } finally {
    progress.stop();
    await rm(partial, { recursive: true, force: true });
  }
}
