import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

export interface BasePlaces {
  /** Each folder in it with a checkpoint is a base of that name. */
  readonly basesDirectory: string | undefined;
  /** One more, which wins over one of its name in the folder. */
  readonly base: { readonly name: string; readonly directory: string } | undefined;
}

/** The checkpoints that can be trained on this machine now, with their folders. */
export async function findBases({
  basesDirectory,
  base,
}: BasePlaces): Promise<Map<string, string>> {
  const bases = new Map<string, string>();
  if (basesDirectory !== undefined) {
    // A folder that is not there yet has no bases yet.
    for (const name of await readdir(basesDirectory).catch(() => [])) {
      const directory = join(basesDirectory, name);
      if (!name.startsWith('.') && (await isCheckpoint(directory))) bases.set(name, directory);
    }
  }
  if (base !== undefined && (await isCheckpoint(base.directory))) {
    bases.set(base.name, base.directory);
  }
  return bases;
}

/** Weights that were imported are in a form that is for running, not for training. */
async function isCheckpoint(directory: string): Promise<boolean> {
  return (await isFile(join(directory, 'config.json'))) && !(await isFile(join(directory, ENGINE)));
}

const ENGINE = 'engine.json';

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
