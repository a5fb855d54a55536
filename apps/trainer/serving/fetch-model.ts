import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ObjectStore } from '#storage';
import { downloadFolder } from '../run/stored-folder.js';

/**
 * Output: folder of the model on this machine, brought here if it was not. It appears whole: its name is of
 * one result only, so what is there is it. Errors: those of the store.
 */
export async function fetchModel(
  store: ObjectStore,
  modelsDirectory: string,
  { name, storedAt }: { readonly name: string; readonly storedAt: string },
  signal: AbortSignal,
): Promise<string> {
  const directory = join(modelsDirectory, name);
  if (await isThere(directory)) return directory;
  // Of this process alone; `.partial` is what the folder of models takes for unfinished.
  const partial = `${directory}.${process.pid}.partial`;
  await mkdir(dirname(directory), { recursive: true });
  try {
    await downloadFolder(store, storedAt, partial, signal);
    await rename(partial, directory).catch(async (error: unknown) => {
      // Another trainer of this machine was first.
      if (!(await isThere(directory))) throw error;
    });
    return directory;
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
