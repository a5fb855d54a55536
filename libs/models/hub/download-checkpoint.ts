import { statfs } from 'node:fs/promises';
import { AppError } from '#contracts';
import {
  baseOf,
  descriptionsOf,
  kindOf,
  notPaliGemma,
  weightsOf,
  type RepositoryKind,
} from './checkpoint-files.js';
import { DownloadCache } from './download-cache.js';
import { HubConnection, type ConnectionOptions } from './hub-connection.js';
import { parseRepository, type HubRepository } from './hub-repository.js';
import { readRemoteState, type RemoteFile } from './remote-file.js';

export interface DownloadProgress {
  /** `OWNER/NAME` of what is being fetched. */
  readonly repository: string;
  readonly bytes: number;
  readonly total: number;
  /** How many of `bytes` came over the network in this run. */
  readonly fetched: number;
}

export interface DownloadOptions extends ConnectionOptions {
  /** Folder that downloads are kept in. */
  readonly cache: string;
  /** Disk that the model needs beside the download, as a share of the weights' bytes. */
  readonly extraShare: number;
  readonly onProgress?: (progress: DownloadProgress) => void;
}

/** A checkpoint on this machine, laid out as Hugging Face does; held against other processes until it is closed. */
export interface Download {
  readonly directory: string;
  readonly source: { readonly name: string; readonly revision: string };
  /** Folder of the adapter, when the repository was one; then the rest is about its base model. */
  readonly adapter?: string;
  /** Lets go of the files, and removes them unless they are to be kept. */
  close(keep: boolean): Promise<void>;
}

/**
 * Fetches what a PaliGemma checkpoint needs and nothing else; of an adapter also the base model that it names. An
 * interrupted download goes on where it ended.
 * Errors: `model.busy`, `hub.not_paligemma`, `hub.no_space`, those of `readRemoteState` and `downloadFile`.
 */
export async function downloadCheckpoint(options: DownloadOptions): Promise<Download> {
  const found = await fetchRepository(options);
  if (found.kind === 'checkpoint') return found;
  try {
    const repository = baseRepository(options.repository, found.config);
    const base = await fetchRepository({ ...options, repository });
    const close = async (keep: boolean): Promise<void> => {
      await base.close(keep);
      await found.close(keep);
    };
    if (base.kind === 'checkpoint') return { ...base, adapter: found.directory, close };
    await base.close(true);
    throw notPaliGemma(repository.name, 'it is an adapter too');
  } catch (error) {
    await found.close(true);
    throw error;
  }
}

type Fetched = Download & { readonly kind: RepositoryKind; readonly config: unknown };

async function fetchRepository(options: DownloadOptions): Promise<Fetched> {
  const { name } = options.repository;
  const connection = new HubConnection(options);
  const { commit, files } = await readRemoteState(connection);
  const kind = kindOf(name, files);
  const cache = await DownloadCache.open(options.cache, name);
  try {
    const descriptions = descriptionsOf(kind, files);
    for (const file of descriptions) await cache.download(connection, file, () => undefined);
    const json = (path: string): Promise<unknown> =>
      cache.readJson(descriptions.find((file) => file.path === path));
    const config = await json(kind === 'adapter' ? 'adapter_config.json' : 'config.json');
    const index = await json('model.safetensors.index.json');
    const weights = weightsOf(name, kind, files, { config, index });
    await mustFit(cache, weights, options.extraShare);
    await downloadAll(cache, connection, weights, options);
    const directory = await cache.lay(commit, [...descriptions, ...weights]);
    const source = { name, revision: commit };
    return { kind, config, directory, source, close: (keep) => closeCache(cache, keep) };
  } catch (error) {
    await cache.close();
    throw error;
  }
}

async function downloadAll(
  cache: DownloadCache,
  connection: HubConnection,
  files: readonly RemoteFile[],
  { repository, onProgress }: DownloadOptions,
): Promise<void> {
  const total = sum(files.map((file) => file.bytes));
  let bytes = 0;
  let fetched = 0;
  for (const file of files) {
    await cache.download(connection, file, (count, isFetched) => {
      bytes += count;
      if (isFetched) fetched += count;
      onProgress?.({ repository: repository.name, bytes, total, fetched });
    });
  }
}

/** Asked before hours of download rather than after. */
async function mustFit(
  cache: DownloadCache,
  files: readonly RemoteFile[],
  extraShare: number,
): Promise<void> {
  const total = sum(files.map((file) => file.bytes));
  const here = sum(await Promise.all(files.map((file) => cache.bytesOf(file))));
  const needed = Math.ceil(total - here + total * extraShare);
  const { bavail, bsize } = await statfs(cache.directory);
  const free = bavail * bsize;
  if (needed <= free) return;
  throw new AppError(
    'hub.no_space',
    `The download and the model made of it need ${gigabytes(needed)} GB of disk, and ${cache.directory} has ${gigabytes(free)} GB left. Make room, or choose another disk with --data.`,
    { context: { needed, free } },
  );
}

function baseRepository(adapter: HubRepository, config: unknown): HubRepository {
  const base = baseOf(adapter.name, config);
  try {
    const revision = typeof base.revision === 'string' ? base.revision : 'main';
    return { ...parseRepository(String(base.name)), revision };
  } catch {
    throw notPaliGemma(
      adapter.name,
      `it is an adapter of "${String(base.name)}", which is no repository. Download it, pull its base model, and name its folder with --adapter`,
    );
  }
}

async function closeCache(cache: DownloadCache, keep: boolean): Promise<void> {
  if (!keep) await cache.remove();
  await cache.close();
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
const gigabytes = (bytes: number): string => (bytes / 1e9).toFixed(1);
