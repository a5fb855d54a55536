import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, stat } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { ObjectStore } from '#storage';

/**
 * Puts every file below `folder` under `prefix/`, streaming. Output: bytes in all.
 * Errors: those of the store; whatever `signal` was aborted with.
 */
export async function uploadFolder(
  store: ObjectStore,
  folder: string,
  prefix: string,
  signal: AbortSignal,
): Promise<number> {
  let total = 0;
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    signal.throwIfAborted();
    const path = join(entry.parentPath, entry.name);
    const { size: bytes } = await stat(path);
    const key = `${prefix}/${relative(folder, path).split(sep).join('/')}`;
    await store.put(key, createReadStream(path), { bytes });
    total += bytes;
  }
  return total;
}

/** The reverse. `folder` need not be there. Errors: those of the store; whatever `signal` was aborted with. */
export async function downloadFolder(
  store: ObjectStore,
  prefix: string,
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  for await (const { key } of store.list(`${prefix}/`)) {
    signal.throwIfAborted();
    const path = join(folder, ...key.slice(prefix.length + 1).split('/'));
    await mkdir(dirname(path), { recursive: true });
    await pipeline(await store.open(key), createWriteStream(path), { signal });
  }
}

/** Removes every object under `prefix/`. Errors: those of the store. */
export async function removeStoredFolder(store: ObjectStore, prefix: string): Promise<void> {
  for await (const { key } of store.list(`${prefix}/`)) await store.remove(key);
}
