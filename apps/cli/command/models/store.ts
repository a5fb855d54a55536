import { join } from 'node:path';
import type { ModelStore } from '#models';
import { dataDirectoryOf, type ConnectionFlags } from '../../connection/connection.js';

/** Loaded when it is needed: the engine behind it takes longer to load than most commands run. */
export async function openModelStore(
  flags: ConnectionFlags,
  env: NodeJS.ProcessEnv,
): Promise<ModelStore> {
  const { ModelStore: Store } = await import('#models');
  return new Store(join(dataDirectoryOf(flags, env), 'models'));
}

export function bytesText(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** For progress bars. */
export const megabytes = (bytes: number): number => Math.round(bytes / 1e6);
