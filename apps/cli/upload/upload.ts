import { openAsBlob } from 'node:fs';
import { AppError, type UploadedFile, type UploadReport } from '#contracts';
import type { PalletClient } from '../client/pallet-client.js';
import type { ImageFile } from './image-file.js';

export interface UploadOptions {
  /** Requests in flight at once. */
  parallel?: number;
  maxFiles?: number;
  maxBytes?: number;
  /** Files that the server has answered for, of all. */
  onProgress?: (done: number, total: number) => void;
  signal?: AbortSignal;
}

export interface UploadTotal {
  accepted: number;
  duplicate: number;
  refused: UploadedFile[];
}

/** Big enough that the round trip does not matter, small enough that a failed one is soon sent again. */
const MAX_FILES = 200;
const MAX_BYTES = 64 * 1024 * 1024;

/** Sends the files from disk into the set, several requests at once. Errors: those of the client. */
export async function uploadAll(
  client: PalletClient,
  setId: string,
  files: readonly ImageFile[],
  options: UploadOptions = {},
): Promise<UploadTotal> {
  const total: UploadTotal = { accepted: 0, duplicate: 0, refused: [] };
  const loads = planLoads(files, options.maxFiles ?? MAX_FILES, options.maxBytes ?? MAX_BYTES);
  // One failed request ends the others: what they would still send is of no use.
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, ...(options.signal ? [options.signal] : [])]);
  let done = 0;
  const lane = async (): Promise<void> => {
    for (let load = loads.shift(); load !== undefined; load = loads.shift()) {
      await sendLoad(client, setId, load, { total, signal });
      done += load.length;
      options.onProgress?.(done, files.length);
    }
  };
  const lanes = Array.from({ length: options.parallel ?? 3 }, () => lane());
  try {
    await Promise.all(lanes);
  } catch (error) {
    stop.abort(error);
    await Promise.allSettled(lanes);
    throw error;
  }
  return total;
}

/** One request; what became of it is added to the total. */
export async function sendLoad(
  client: PalletClient,
  setId: string,
  load: readonly ImageFile[],
  { total, signal }: { total: UploadTotal; signal: AbortSignal },
): Promise<void> {
  add(total, await client.uploadImages(setId, await formOf(load), { signal }));
}

/** Neighbours stay together, so the order of the images is that of the files where one load is enough. */
export function planLoads(
  files: readonly ImageFile[],
  maxFiles: number,
  maxBytes: number,
): ImageFile[][] {
  const loads: ImageFile[][] = [];
  let bytes = 0;
  for (const file of files) {
    const last = loads.at(-1);
    if (last === undefined || last.length >= maxFiles || bytes + file.bytes > maxBytes) {
      loads.push([file]);
      bytes = file.bytes;
    } else {
      last.push(file);
      bytes += file.bytes;
    }
  }
  return loads;
}

async function formOf(files: readonly ImageFile[]): Promise<FormData> {
  const form = new FormData();
  for (const file of files) form.append('files', await blobOf(file.path), file.name);
  return form;
}

/** A blob on disk: its bytes are read when the socket wants them. Errors: `cli.unreadable_file`. */
async function blobOf(path: string): Promise<Blob> {
  try {
    return await openAsBlob(path);
  } catch (cause) {
    throw new AppError('cli.unreadable_file', `${path} cannot be read.`, { cause });
  }
}

function add(total: UploadTotal, report: UploadReport): void {
  total.accepted += report.counts.accepted;
  total.duplicate += report.counts.duplicate;
  total.refused.push(...report.files.filter((file) => file.status === 'refused'));
}
