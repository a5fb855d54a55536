import type { KnownImages, UploadedFile } from '#contracts';
import type { PalletClient } from '../client/pallet-client.js';
import type { UploadClient } from '../client/upload-client.js';
import { hashFile } from './hash-file.js';
import type { ImageFile } from './image-file.js';
import { sendInParts } from './send-in-parts.js';
import type { UploadState } from './upload-state.js';
import { planLoads, sendLoad, type UploadTotal } from './upload.js';

/** From here on a file goes in parts. */
const LARGE_BYTES = 16 * 2 ** 20;
const ARCHIVE = /\.(zip|tar|tgz|tar\.gz)$/i;
const MAX_FILES = 200;
const MAX_BYTES = 64 * 2 ** 20;
/** Loads of small files at once. */
const LOADS = 3;

export interface ResumableTotal extends UploadTotal {
  /** Files that an earlier run had sent. */
  earlier: number;
  /** Of archives: how many of their entries; the set lists them. */
  refusedEntries: number;
}

export interface ResumableOptions {
  /** Parts in flight at once. */
  readonly parallel?: number;
  readonly partBytes?: number;
  readonly signal?: AbortSignal;
  readonly onBytes?: (done: number, total: number) => void;
}

interface Run {
  readonly client: PalletClient;
  readonly parts: UploadClient;
  readonly setId: string;
  readonly state: UploadState;
  readonly total: ResumableTotal;
  readonly parallel: number | undefined;
  readonly partBytes: number | undefined;
  readonly signal: AbortSignal;
  readonly onBytes: (bytes: number) => void;
}

/**
 * Brings the files into the set: nothing that the server has is sent, large ones go in parts, and what is done is in
 * `state`, so that another run does the rest. Errors: those of the clients.
 */
export async function uploadResumably(
  clients: { readonly client: PalletClient; readonly parts: UploadClient },
  target: { readonly setId: string; readonly state: UploadState },
  files: readonly ImageFile[],
  options: ResumableOptions = {},
): Promise<ResumableTotal> {
  const total = { accepted: 0, duplicate: 0, refused: [], earlier: 0, refusedEntries: 0 };
  const left = files.filter((file) => target.state.of(file).sent !== true);
  total.earlier = files.length - left.length;
  const all = left.reduce((sum, file) => sum + file.bytes, 0);
  let done = 0;
  const stop = new AbortController();
  const run: Run = {
    ...clients,
    ...target,
    total,
    parallel: options.parallel,
    partBytes: options.partBytes,
    signal: AbortSignal.any([stop.signal, ...(options.signal ? [options.signal] : [])]),
    onBytes: (bytes) => options.onBytes?.((done += bytes), all),
  };
  const loads = planLoads(
    left.filter((file) => !isLarge(file)),
    MAX_FILES,
    MAX_BYTES,
  );
  const lanes = [
    ...Array.from({ length: LOADS }, () => sendLoads(run, loads)),
    sendLarge(run, left.filter(isLarge)),
  ];
  try {
    await Promise.all(lanes);
  } catch (error) {
    // What the others would still begin is for the next run.
    stop.abort(error);
    await Promise.allSettled(lanes);
    throw error;
  }
  return total;
}

const isLarge = ({ bytes }: ImageFile): boolean => bytes >= LARGE_BYTES;

async function sendLoads(run: Run, loads: ImageFile[][]): Promise<void> {
  for (let load = loads.shift(); load !== undefined; load = loads.shift()) {
    const before = run.total.refused.length;
    const unknown = await addKnown(run, load);
    if (unknown.length > 0) {
      await sendLoad(run.client, run.setId, unknown, { total: run.total, signal: run.signal });
    }
    await run.state.keepSent(exceptSurplus(load, run.total.refused.slice(before)));
    run.onBytes(unknown.reduce((sum, file) => sum + file.bytes, 0));
  }
}

/** What is above a quota today may be sent when there is room again: the next run does. */
function exceptSurplus(load: readonly ImageFile[], refused: readonly UploadedFile[]): ImageFile[] {
  const surplus = new Set(
    refused.flatMap(({ name, error }) => (error?.code.startsWith('quota.') ? [name] : [])),
  );
  return load.filter(({ name }) => !surplus.has(name));
}

async function sendLarge(run: Run, files: readonly ImageFile[]): Promise<void> {
  for (const file of files) {
    run.signal.throwIfAborted();
    const before = run.total.refused.length;
    const isKnown = !ARCHIVE.test(file.name) && (await addKnown(run, [file])).length === 0;
    if (!isKnown) await sendOne(run, file);
    await run.state.keepSent(exceptSurplus([file], run.total.refused.slice(before)));
  }
}

async function sendOne(run: Run, file: ImageFile): Promise<void> {
  const { state, signal, parallel, partBytes, onBytes, total } = run;
  const order = {
    setId: run.setId,
    file,
    sha256: await hashOf(run, file),
    uploadId: state.of(file).upload,
    onBegun: (id: string) => state.keepUpload(file, id),
  };
  const counts = await sendInParts(run.parts, order, { signal, parallel, partBytes, onBytes });
  total.accepted += counts.accepted;
  total.duplicate += counts.duplicate;
  total.refusedEntries += counts.refused;
}

/** Output: those that have to be sent. */
async function addKnown(run: Run, files: readonly ImageFile[]): Promise<ImageFile[]> {
  const images: { name: string; sha256: string }[] = [];
  for (const file of files) images.push({ name: file.name, sha256: await hashOf(run, file) });
  const { signal, total } = run;
  const known = await run.client.addKnownImages(run.setId, { images }, { signal });
  total.accepted += known.counts.accepted;
  total.duplicate += known.counts.duplicate;
  for (const { name, sha256, status, error } of known.images) {
    if (status === 'refused') total.refused.push({ name, status, n: null, sha256, error });
  }
  const unknown = files.filter((_, at) => isUnknown(known, at));
  run.onBytes(files.reduce((sum, file) => sum + (unknown.includes(file) ? 0 : file.bytes), 0));
  return unknown;
}

const isUnknown = (known: KnownImages, at: number): boolean =>
  known.images[at]?.status === 'unknown';

async function hashOf({ state, signal }: Run, file: ImageFile): Promise<string> {
  const before = state.of(file).sha256;
  if (before !== undefined) return before;
  const sha256 = await hashFile(file.path, signal);
  await state.keepHash(file, sha256);
  return sha256;
}
