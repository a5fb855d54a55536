import { join } from 'node:path';
import type { EngineManifest, ImportOptions } from '#paligemma';
import { AppError } from '#contracts';
import { asDiskProblem } from './disk-problem.js';
import { downloadCheckpoint, type DownloadProgress } from './hub/download-checkpoint.js';
import type { HubAccess } from './hub/hub-access.js';
import type { HubRepository } from './hub/hub-repository.js';
import type { Pause } from './hub/retry.js';
import type { ModelStore } from './model-store.js';

export interface PullOptions extends Pick<
  ImportOptions,
  'precision' | 'adapter' | 'maskDecoder' | 'signal'
> {
  readonly access: HubAccess;
  /** Whether the downloaded files stay when the model is made. */
  readonly keepDownload?: boolean;
  readonly onDownload?: (progress: DownloadProgress) => void;
  readonly onImport?: ImportOptions['onProgress'];
  /** For tests: waits that many milliseconds. */
  readonly pause?: Pause;
}

/** Bytes of a model as a share of those of a 16-bit checkpoint, with some to spare. */
const SHARE = { f32: 1, f16: 1, int8: 0.7, int4: 0.5 } as const;

/**
 * Downloads a checkpoint into the store's folder and imports it. An interrupted download stays, and the next pull goes
 * on with it. Errors: those of `downloadCheckpoint` and `ModelStore.import`; `hub.two_adapters`.
 */
export async function pullModel(
  store: ModelStore,
  repository: HubRepository,
  name: string,
  options: PullOptions,
): Promise<EngineManifest> {
  const { access, precision, maskDecoder, signal, pause, onDownload: onProgress } = options;
  // Before hours of download, not after.
  await store.mustBeFree(name);
  const cache = join(store.directory, '.downloads');
  const download = await downloadCheckpoint({
    access,
    repository,
    signal,
    pause,
    onProgress,
    cache,
    extraShare: SHARE[precision],
  }).catch((error: unknown) => {
    throw asDiskProblem(error, cache);
  });
  let isDone = false;
  try {
    const { directory, source, adapter = options.adapter } = download;
    if (download.adapter && options.adapter) throw twoAdapters(repository);
    const manifest = await store.import(directory, name, {
      precision,
      maskDecoder,
      adapter,
      source,
      signal,
      onProgress: options.onImport,
    });
    isDone = true;
    return manifest;
  } finally {
    await download.close(!isDone || options.keepDownload === true);
  }
}

const twoAdapters = ({ name }: HubRepository): AppError =>
  new AppError(
    'hub.two_adapters',
    `${name} is an adapter itself, so --adapter cannot be given beside it.`,
  );
